//! What strokes did, held against what it claims: with the shipped networks' CPU twins.

use mnistify::attribution::{Occlusion, Question, Told, margin};
use mnistify_drawing::{Held, Image28, Point, Preparation, Stroke, Tool, rasterise, recording};
use mnistify_network::{Answer, CpuNetwork, Model};

/// Changed copies of each recorded hand, itself included.
const COPIES: usize = 6;

fn models() -> Vec<Model> {
    mnistify::shipped_models().expect("the shipped models are sound")
}

fn hands() -> Vec<Vec<Stroke>> {
    let lines = include_str!("../assets/strokes/hands.json").lines();
    let read = |line| recording::from_json(line).expect("a checked-in drawing");
    lines.map(read).collect()
}

fn told(strokes: &[Stroke], model: &Model) -> Told {
    let twin = CpuNetwork::new(model);
    let question = Question::of(strokes.to_vec(), Preparation::Prepared).expect("ink");
    let images = (0..question.images()).map(|index| question.image(index));
    let logits: Vec<f32> = images
        .flat_map(|image| twin.forward(image.as_slice()))
        .collect();
    let told = question.told(&logits, model.calibration.as_ref());
    told.expect("finite logits")
}

#[test]
fn the_river_ends_in_what_is_shown() {
    let models = models();
    for strokes in hands() {
        for model in &models {
            let image = rasterise(&strokes, Preparation::Prepared);
            let logits = CpuNetwork::new(model).forward(image.as_slice());
            let shown = Answer::from_logits(&logits, model.calibration.as_ref());
            let told = told(&strokes, model);
            assert_eq!(told.answers.last(), shown.as_ref());
            let last = told.leads.last().expect("somebody leads");
            assert_eq!(Some(last.class), shown.map(|answer| answer.class));
        }
    }
}

#[test]
fn a_seven_becomes_a_nine_when_it_is_closed() {
    let stroke = |points: &[[f32; 3]]| Stroke {
        tool: Tool::Draw,
        width: 20.0,
        points: points.iter().copied().map(Point::from).collect(),
    };
    let strokes = [
        stroke(&[
            [90.0, 60.0, 0.0],
            [190.0, 60.0, 125.0],
            [120.0, 220.0, 343.0],
        ]),
        stroke(&[
            [90.0, 60.0, 543.0],
            [84.0, 85.0, 575.0],
            [95.0, 112.0, 611.0],
            [125.0, 124.0, 651.0],
            [160.0, 118.0, 695.0],
        ]),
    ];
    for model in models() {
        let told = told(&strokes, &model);
        let [.., before, last] = told.leads[..] else {
            panic!("{:?}", told.leads);
        };
        assert_eq!((before.class, last.class), (7, 9), "{:?}", told.leads);
        let moments = told.moments();
        assert!(
            moments[before.first] < 343.0,
            "a 7 before the pen was lifted"
        );
        assert!(
            moments[before.last] >= 530.0,
            "a 7 as long as nothing is closed"
        );
        assert_eq!(
            told.nearest(400.0),
            told.nearest(moments[told.nearest(400.0)])
        );
    }
}

/// Numbers in −1..1 that are the same on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Turned by up to 15 degrees, sheared and scaled, with another pen.
fn changed(strokes: &[Stroke], chance: &mut Chance) -> Vec<Stroke> {
    let (sin, cos) = (0.26 * chance.next()).sin_cos();
    let shear = 0.2 * chance.next();
    let scale = [0.92 + 0.18 * chance.next(), 0.92 + 0.18 * chance.next()];
    let pen = 1.05 + 0.25 * chance.next();
    let place = |point: &Point| {
        let (x, y) = (point.x - 140.0, point.y - 140.0);
        let (x, y) = (scale[0] * x + shear * y, scale[1] * y);
        Point {
            x: 140.0 + cos * x - sin * y,
            y: 140.0 + sin * x + cos * y,
            millis: point.millis,
        }
    };
    let change = |stroke: &Stroke| Stroke {
        tool: stroke.tool,
        width: pen * stroke.width,
        points: stroke.points.iter().map(place).collect(),
    };
    strokes.iter().map(change).collect()
}

/// A drawing's pieces with what a network says without them.
struct Asked {
    strokes: Vec<Stroke>,
    held: Held,
    occlusion: Occlusion,
}

impl Asked {
    fn of(strokes: Vec<Stroke>) -> Self {
        Self {
            held: Held::of(&strokes, Preparation::Prepared).expect("ink"),
            occlusion: Occlusion::of(&strokes),
            strokes,
        }
    }

    fn whole(&self) -> Image28 {
        self.held.rasterise(&self.strokes)
    }

    fn without(&self, pieces: &[usize]) -> Image28 {
        let pieces = pieces.iter().copied();
        let left = self.occlusion.without(&self.strokes, &self.held, pieces);
        self.held.rasterise(&left)
    }

    fn weights(&self, twin: &CpuNetwork, class: usize) -> Vec<f32> {
        let read = |index| {
            let left = self.occlusion.drawing(&self.strokes, &self.held, index);
            twin.forward(self.held.rasterise(&left).as_slice())
        };
        let left: Vec<Vec<f32>> = (0..self.occlusion.len()).map(read).collect();
        let whole = twin.forward(self.whole().as_slice());
        let left = left.iter().map(Vec::as_slice);
        self.occlusion.weights(class, &whole, left)
    }
}

fn winner(twin: &CpuNetwork, image: &Image28) -> usize {
    let answer = Answer::from_logits(&twin.forward(image.as_slice()), None);
    answer.expect("finite logits").class
}

#[test]
fn without_the_heaviest_third_the_answer_loses_more_than_without_the_lightest() {
    let twins: Vec<CpuNetwork> = models().iter().map(CpuNetwork::new).collect();
    let mut chance = Chance(16);
    let (mut right, mut all) = (0, 0);
    for hand in hands() {
        for copy in 0..COPIES {
            let strokes = if copy == 0 {
                hand.clone()
            } else {
                changed(&hand, &mut chance)
            };
            let asked = Asked::of(strokes);
            for twin in &twins {
                let class = winner(twin, &asked.whole());
                let weights = asked.weights(twin, class);
                let mut order: Vec<usize> = (0..weights.len()).collect();
                order.sort_by(|a, b| weights[*a].total_cmp(&weights[*b]));
                let third = order.len() / 3;
                let left = |pieces: &[usize]| {
                    margin(&twin.forward(asked.without(pieces).as_slice()), class)
                };
                let lightest = left(&order[..third]);
                let heaviest = left(&order[order.len() - third..]);
                right += usize::from(heaviest < lightest);
                all += 1;
            }
        }
    }
    println!("{right} of {all}");
    assert!(right as f32 >= 0.95 * all as f32, "{right} of {all}");
}

/// J. Adebayo et al., "Sanity checks for saliency maps", 2018: what stays the same whatever the weights explains the drawing
/// and not the network.
#[test]
fn another_network_weighs_pieces_otherwise() {
    for model in models() {
        let twin = CpuNetwork::new(&model);
        let mut correlations = Vec::new();
        for (seed, hand) in (1..).zip(hands()) {
            let asked = Asked::of(hand);
            let class = winner(&twin, &asked.whole());
            let weights = asked.weights(&twin, class);
            let random = CpuNetwork::new(&Model::random(model.spec.clone(), seed));
            correlations.push(correlation(&weights, &asked.weights(&random, class)));
        }
        let mean = correlations.iter().sum::<f32>() / correlations.len() as f32;
        println!("{mean} of {correlations:?}");
        assert!(mean < 0.3, "{mean} of {correlations:?}");
    }
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let together = |f: &dyn Fn(f32, f32) -> f32| -> f32 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| f(a - mean_a, b - mean_b)).sum()
    };
    let spread = together(&|a, _| a * a) * together(&|_, b| b * b);
    together(&|a, b| a * b) / spread.sqrt().max(1e-9)
}
