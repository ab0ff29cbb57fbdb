# What people read. Plain words first; where a technical term stands beside them, it is the field's.

app-name = Mnistify

# The headline: what the networks say together.
headline-blank = Draw a digit
headline-reads = { $count ->
    [one] { $network } reads
    [2] Two networks read
    [3] Three networks read
   *[other] All networks read
  } { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }
headline-slow = Slowly, layer by layer …
headline-differ = They do not agree
headline-torn = { $count ->
    [one] { $first } or { $second }? It cannot tell
   *[other] { $first } or { $second }? They cannot tell
  }
headline-refused = { $count ->
    [one] The network sees no digit here
   *[other] The networks see no digit here
  }
headline-because = { $told }: { $reason }
headline-one-refuses = Only { $network } sees a digit

# Why nothing is read, where that is known.
why-faint = the line is too short
why-several = there are several shapes

# Certainty, under the answer.
sure = sure
probably = probably
not-sure = not sure
percent = { $percent } %

# The pad.
pad-hint = Draw a digit here
pad-hint-example = Now draw your own here
plate-caption = centred, shrunk to 28×28
plate-caption-raw = shrunk to 28×28

# Controls at rest.
draw = Draw
erase = Erase
undo = Undo
redo = Redo
clear = Clear
networks-all = { $count ->
    [2] Both
   *[other] All { $count }
  }
answer-here = The answer comes here
explain = Explain
explain-short = Why?
explain-why = Why { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }?
explain-either = { $first } or { $second }?
more = More
close = Close
ok = OK

# Who the networks are, in a few words.
who-windows = slides little windows
who-all = looks at all dots at once
who-yours = { $who } · yours
who-known = yours · reads { $right } of { $of } known digits
who-poor = careful: reads only { $right } of { $of } known digits

# Stages. The long words are used where there is room.
stage-edges-many = { $count } edge finders
stage-edges = edge finders
stage-edges-short = edges
stage-corners-many = { $count } corners and curves
stage-corners = corners and curves
stage-corners-short = corners
stage-strokes = strokes
stage-parts = parts of digits
stage-parts-short = parts
stage-shapes = whole shapes
stage-shapes-short = shapes
stage-gist = the gist
stage-gist-short = gist
stage-coarser = smaller copies
stage-coarser-short = smaller
stage-even = evened out
stage-even-short = evened
stage-shortcut = a shortcut
stage-shortcut-short = shortcut
stage-added = { $stage } + shortcut
stage-detectors = { $count } whole-picture detectors
stage-detectors-short = { $count } detectors
stage-mixers = { $count } mixers
stage-mixers-short = mixers
portraits-long = what they look for
portraits = look for
stage-more = { $count } more
stage-hidden = +{ $count }
stage-strongest = its { $count } strongest · { $technical }

# The foot of the window.
legend-negative = negative
legend-positive = positive
time-of = { $network } { $millis } ms

# The explanation.
explain-title-conv = One window, one dot
explain-body-conv = { $count } values × { $count } weights, added up and bent: one dot of this map of { $kind }
explain-title-pool = Only the strongest stays
explain-title-mean = Only the mean stays
explain-body-mean = Of { $count } neighbours the mean goes on
explain-body-pool = Of { $count } neighbours the largest value goes on
explain-title-dense = One neuron looks at everything
explain-body-dense = { $count } values × { $count } weights, added up, make one value
explain-skipped = A shortcut adds { $value } from earlier
explain-title-output = Why { $network } sees { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }
explain-body-output = The { $listed } strongest of { $count } reasons for and against
explain-body-output-maps = The { $listed } strongest of { $count } maps, for and against
explain-other = And { $network }?
why-tab-reasons = Reasons
why-tab-alike = Digits like yours
why-tab-strokes = Your strokes
strokes-parts = { $digit ->
    [8] Orange parts speak for an { $digit }, blue parts against it.
   *[other] Orange parts speak for a { $digit }, blue parts against it.
  }
strokes-limit = Found by leaving parts out, alone and together; another network may weigh them otherwise.
strokes-river = what it thought while you drew
strokes-changed = here it changed from { $before } to { $digit }
strokes-then = At this moment it says { $digit }: { $percent } %
strokes-drag = drag to go back in time
strokes-seconds = { $seconds } s
strokes-wait = Reading your drawing piece by piece …
strokes-live = It reads while you draw. Lift the pen, and you see what each part of your line does.
strokes-blank = Draw a digit first; then you see what each of your strokes did.
strokes-picture = A picture lies on the pad. Only strokes that you draw yourself can be followed.
alike-meant = Most like yours:
alike-yours = yours
alike-digit = a person wrote { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }
alike-take = Press to put it on the pad
alike-to-network = To this network
alike-to-pixels = Dot by dot
alike-foot-network = Of { $count } training digits these are most like yours to { $network }. No wonder that they mostly agree with it; compare dot by dot.
alike-foot-pixels = Dot by dot these are the most alike of { $count } training digits. No network was asked.
alike-reading = { $network } reads the training digits first, once: { $percent } %
alike-coming = The training digits are on their way.
alike-missing = The training digits did not come. { $reason }
alike-learning = While the network learns, what is alike to it changes in every moment. Let it stand still, or compare dot by dot.
alike-blank = Draw a digit, and see who drew alike.
explain-title-input = One dot of your drawing
explain-body-input = { $pixel } of ink becomes { $value }
slot-window = the window
slot-drawing = your drawing
slot-dark = dark = { $value }
slot-weights = its weights
slot-looks-for = what it looks for
slot-products = products
slot-bend = bent by { $activation }
slot-map = its map
slot-layer = its layer
slot-before = before
slot-after = after
slot-largest = largest
slot-mean = mean
in-out = sum { $in }, bent to { $out }
sum-of = sum { $sum }
term-map = map { $number }
term-neuron = neuron { $number }
others = { $count } others
bias = a fixed start
skipped = over a shortcut
play = Play
pause = Pause
step = Step
fly = Fly there

# More.
more-title = More
more-drawing = The drawing
more-brush = Brush
more-view = The view
edges-count = { $count } strongest

# Numbers.
numbers-title = Inference time
numbers-explained = How long the newest readings took: half of them at most the first number, 95 % at most the second. Milliseconds.
numbers-network = network
numbers-encode = to hand over
numbers-encode-help = CPU time to encode the forward pass and submit it
numbers-result = to the answer
numbers-result-help = From the beginning until the logits are back on the CPU
numbers-gpu = on the GPU
numbers-gpu-help = By the GPU's own timestamps, where it has them
numbers-device = All of it runs on { $adapter }
numbers-on-cpu = { $network } runs on the CPU: { $reason }
numbers-checking = Checking { $adapter } …
numbers-none = All of it runs on the CPU, for there is no GPU

# Maps and keys.
layer-before = Layer before
layer-after = Layer after
layer-close = All layers
layer-says-edges = Each map is one little window slid over your drawing: orange where it finds its edge, blue where it finds the opposite.
layer-says-maps = Each map mixes all maps of the layer before, and glows where it finds what it looks for.
layer-says-pool = Of a few neighbours only the strongest goes on: the maps shrink, and what matters stays.
layer-says-detectors = Each square is one neuron: it weighs every dot of your drawing and adds them up.
layer-says-mixers = Each square is one neuron: it weighs all values of the layer before and adds them up.
layer-touch = Touch a dot to see its sum.
layer-filters = small squares: the filters
keys-title = Keys
keys-mouse = Drag turns, Shift or right drag moves, wheel or pinch zooms, a click explains, a double click flies there.

# What can be done: what stands on the control, and what it does.
act-draw = Draw
    .help = draw
act-erase = Erase
    .help = erase
act-thinner = Thinner
    .help = thinner brush
act-wider = Thicker
    .help = thicker brush
act-undo = Undo
    .help = undo
act-redo = Redo
    .help = redo
act-clear = Clear
    .help = clear
act-prepare = Centre and scale, like MNIST
    .help = prepare like MNIST (scale into 20×20, centre by mass), on or off
act-replay = Replay
    .help = watch the drawing being made
act-save = Save
    .help = save the drawing
act-load = Load
    .help = load the saved drawing
act-picture = Picture
    .help = save all of this as a picture
act-share = Share
    .help = share a link (natively the command that opens it, in the terminal)
act-every_frame = every frame
    .help = read in every frame, even where nothing changed, on or off
act-all = All
    .help = all networks
act-mlp = MLP
    .help = the MLP alone
act-cnn = CNN
    .help = the CNN alone
act-own = Yours
    .help = your network alone
act-network = Your network
    .help = let a network of your own read beside these, or take it away
act-overview = Home
    .help = home: the view to begin with
act-top = Top
    .help = from above
act-side = Side
    .help = from the side
act-left = Left
    .help = turn the camera, or select the cell to the left
act-right = Right
    .help = turn the camera, or select the cell to the right
act-up = Up
    .help = turn the camera, or select the cell above
act-down = Down
    .help = turn the camera, or select the cell below
act-nearer = Nearer
    .help = nearer
act-further = Further
    .help = further
act-next_map = Next map
    .help = the same cell of the next map
act-previous_map = Previous map
    .help = the same cell of the previous map
act-slow = Slow motion
    .help = stop the forward pass at any layer
act-edges = Edges
    .help = the strongest contributions to the answer or the selected cell, on or off
act-fewer_edges = Fewer edges
    .help = fewer edges
act-more_edges = More edges
    .help = more edges
act-explain = Explain
    .help = why this answer: the strongest reasons, and the way back
act-why_page = Next page
    .help = on an answer that is explained: the next page of the explanation; at school: the next page
act-slide = Play
    .help = let the window slide over the map that is explained
act-next_layer = Next layer
    .help = on a phone: the next layer
act-previous_layer = Previous layer
    .help = on a phone: the layer before
act-lanes = All layers
    .help = on a phone: all layers on the whole screen
act-maps = Layer
    .help = one layer, all its maps large
act-numbers = Numbers
    .help = inference times side by side
act-calm = Calm
    .help = less motion: values appear at once
act-reach = Within reach
    .help = pad and controls in the lower half, for a child or a wheelchair
act-larger_text = Larger text
    .help = larger text, in two steps, then the usual one again
act-high_contrast = High contrast
    .help = white on nearly black, with thick outlines
act-help = ?
    .help = this list
act-more = More
    .help = networks, brush, saving, sharing
act-close = Close
    .help = close what is open, or unselect
act-language = Language
    .help = speak the next language

# A network of one's own.
own-refused = These files cannot be taken in
own-trying = Trying out on known digits how it wants them: { $percent } %
own-stop-trying = Take it as it is
own-facts = { $layers } layers, { $parameters } parameters, { $classes } classes
own-nothing-assumed = Its file describes itself; nothing had to be assumed.
own-assumed = What was understood of its file, and what had to be assumed:
own-better = A JSON file that says it better may be dropped too, now or together with the network.
own-how = A network of your own can read beside these two: a .safetensors file from PyTorch, Keras, Flax, burn or tinygrad, with 2D convolutions, linear layers, batch normalisation and pooling, one after the other, for pictures of 28 × 28. What the file does not say is tried out on known digits.
own-drop-page = Drop the file on this page, or choose it. It stays on this computer.
own-drop-window = Drop the file on this window, or start with: mnistify --model FILE
own-description = Weights do not tell everything. A JSON file of the same name beside them, or dropped with them, can say the rest; every line may be left out:
own-choose = Choose files…
    .help = a .safetensors file, and its .json if it has one
own-remove = Remove it
own-drop = Drop your network here
own-many-pictures = These are { $count } pictures or drawings; the pad takes one at a time
own-reading = Reading { $file } …
own-added = { $name } reads beside the others.
own-added-assumed = { $name } reads beside the others. What was assumed about it: U
own-added-known = { $name } reads { $right } of { $of } known digits. What was found out about it: U
own-added-poor = Careful: { $name } reads only { $right } of { $of } known digits. What was tried and what may help: U
own-many-networks = These are { $count } networks: { $files }. One at a time can stand beside the others; drop one file, and its .json if it has one
own-many-descriptions = These are several descriptions: { $files }. Drop the one that belongs to the network
own-more-files = and { $count } more
own-waiting = { $file } is kept as the description of a network: now drop the network's .safetensors file
own-no-file = There is no file in it

# What is found out about a network of one's own.
note-unused = The file describes itself, so the description beside it is not used.
note-and-more = { $names } and { $count } more
note-order = Order: { $how }. { $names }.
note-order-said = as the description lists them
note-order-names = by their names: numbers in order, convolutions before dense layers
note-order-shapes = by their shapes: each takes what the one before it gives
note-shortcuts = By their names { $addition }: { $blocks }.
note-added-before = shortcuts added before the activation
note-added-after = shortcuts added after the activation
note-added-bare = shortcuts added without an activation
note-added-early = shortcuts added in blocks that begin with normalisation and activation
note-added-early-raw = shortcuts added in blocks that begin with normalisation and activation, their own layers beside these
note-added-early-rest = shortcuts added in blocks that begin with normalisation and activation, the layers of all but the first beside these
note-zeros-around = zeros on both sides for the maps that a shortcut lacks
note-zeros-behind = zeros behind for the maps that a shortcut lacks
note-shortcut-mean = shortcuts of 2×2 means
note-around = { $first } to { $last }
note-around-through = { $first } to { $last } through { $ways }
note-arranged-as-said = Convolutions, as the description says: { $arrangement }.
note-arranged = Convolutions, the most plausible that fits the sizes exactly: { $arrangement }.
note-as-plausible = Not the only one that fits ({ $count } more). Next, as plausible: { $arrangement }. A description can say which: padding, stride, pool.
note-less-plausible = Not the only one that fits ({ $count } more). Next, less plausible: { $arrangement }. A description can say which: padding, stride, pool.
note-no-padding = { $name } no padding
note-padding = { $name } padding { $padding }
note-stride = { $what } stride { $stride }
note-then-max = then { $size } max pooling
note-then-mean = then { $size } mean pooling
note-then-pool = then { $size } pooling
note-activation-assumed = Activation: ReLU after every layer but the last, assumed; weights do not tell it (description: activation).
note-without-activation = No activation after { $names }: the numbering leaves no room for one.
note-pixels-assumed = Pixels: mean { $mean } and standard deviation { $std } of MNIST, assumed (description: normalisation; mean 0 and std 1 for plain pixels between 0 and 1).
note-classes-assumed = Classes: 0 to { $last }, assumed (description: classes).
note-epsilon-assumed = Batch normalisation: epsilon { $epsilon }, assumed.
note-absent = Not in the file, so zeros (ones for a scale): { $names }.
note-reads = Reads { $right } of { $of } known digits: { $what }; found by trying { $ways } ways on { $first } other digits.
note-classes-found = Classes: { $classes }, found by trying.
note-warning = Warning: fewer than nine of ten known digits are read right, so something about this network is not understood. The best that were tried: { $ranking }. A description can say more: activation, normalisation, padding, stride, pool, flatten, shortcuts, order, names.
note-ranked = { $right } of { $of } with { $what }
note-residual = Its names look like residual blocks, but which layers shortcuts go around was not understood, so they are left out.
note-pixels-mnist = pixels with MNIST's mean and standard deviation
note-pixels = pixels { $from } to { $to }
note-pixels-inverted = pixels { $paper } (paper) to 0 (ink)
note-pixels-said = pixels with mean { $mean } and std { $std }
note-no-activation = no activation
note-leaky = leaky ReLU of { $slope }
note-max-pooling = max pooling
note-mean-pooling = mean pooling
note-global-mean = the mean of each map at the end
note-far-edges = at stride 2 more padding behind than in front, as in TensorFlow
note-flattened = maps flattened place by place (h, w, c)
note-transposed = pictures on their side

# What becomes of a drawing.
saved-drawing = The drawing is saved as { $file }.
saved-picture = The picture is saved as { $file }.
picture-failed = The picture cannot be saved: { $reason }
picture-unwritten = { $file } cannot be written: { $reason }. Start the app in another folder
shared-in-terminal = The command that opens this again is in the terminal.

# The guided tour: at most 25 words a step.
tour-start = Show me how
tour-start-short = Tour
tour-leave = Leave
tour-back = Back
tour-next = Next
tour-challenge = Try it
tour-place = { $step } of { $steps }
tour-numbers = Your drawing becomes 28 × 28 dots. For the computer that is nothing but 784 numbers: how much ink is where.
tour-window = A small window slides over your drawing. At every place it adds up what it sees and asks: is there an edge like mine?
tour-many = { $count } such windows look for { $count } different things. Tap the map that glows most.
tour-coarser = Of neighbouring dots only the strongest stays. The maps get smaller, and what matters stays.
tour-parts = Further right, windows look at maps, not at ink. Edges become corners, corners become loops and strokes.
tour-vote = Last comes the vote. Every part speaks for some digits and against others. Tap a digit to see why.
tour-neighbours = The other network knows no neighbours. It looks at all 784 dots at once, and knows by heart what digits look like.
tour-doubt = Now make them doubt! Draw something that could be two digits, and watch the bars.

# The exhibit, when nobody is there and when somebody left.
exhibit-invite = Draw a digit with your finger
exhibit-invite-wall = Draw a digit on the table
exhibit-still-there = Still there?
exhibit-countdown = { $seconds ->
    [one] It starts over in one second
   *[other] It starts over in { $seconds } seconds
  }
exhibit-stay = I am still here

act-challenge = Challenge
    .help = a challenge, or the next one
act-start_over = Start over
    .help = everything as at the start
act-tour = Tour
    .help = a guided tour in eight steps, or the end of it
act-tour_next = Next
    .help = on the tour: the next step
act-tour_back = Back
    .help = on the tour: the step before

# Challenges.
challenge-disagree = Make the two networks disagree: draw what one reads as one digit, and the other as another.
challenge-ink = A { $digit } with as little ink as possible: how few dots are enough for both?
challenge-between = Exactly between { $low } and { $high }: draw what could be both.
challenge-no-digit = Draw what no network takes for a digit, but your friend can read.
challenge-done = Done! Can you do better?
challenge-another = Another
challenge-dots = { $count } dots of ink
challenge-best = Best so far
challenge-best-today = Best today

# The school, where the networks learn.
school-open = Watch them learn
school-before = Both networks can read. Make them forget it all, and watch them learn.
school-forgotten = Now they only guess. Let them learn, and watch what they say of your digit.
school-learning = They practise on { $count } digits. Draw meanwhile, and watch the answer.
school-learning-own = They practise on { $count } digits and { $own } of yours. Draw meanwhile.
school-software = Without fast graphics only one learns.
school-paused = They stand still. Draw something else, tap what glows, or let them learn on.
school-stepped = One step: the error ran back, and each layer changed by so many percent.
school-over-unmoved = Done! Can they read your digit when it is moved? Look at the results.
school-over-few = Done! So few examples taught them little. Give them more, and compare.
school-over = Done! Now change one thing, such as only 10 examples. What becomes worse?
school-yours = Tap what is on your pad: every eighth digit that they see is then yours.
school-yours-some = Yours: { $count }, every eighth digit that they see. None of them is kept.
school-yours-blank = Draw a digit first, then say what it is.
school-waiting = The digits to learn from are on their way.
school-refused = This graphics card cannot let them learn: { $reason }
school-forget = Forget everything
school-forget-short = Forget
school-safe = They get it all back when you close this.
school-then-forget = They forget everything
school-then-learn = They learn, for 20 seconds
school-then-change = You change one thing, and compare
school-learn = Learn
school-pause = Pause
school-again = Learn again
school-step = One step
school-restore = Bring back
school-close = Close
school-examples = Examples
    .help = From few examples they learn by heart: those they know, and others they do not understand.
school-examples-own = Examples + { $count } of yours
school-moved = Moved copies
    .help = Every digit is seen somewhere else each time. Who has seen them only in the middle fails beside it.
school-wrong = Wrong labels
    .help = Somebody tells them something wrong about so many of the digits. They believe it, and often find the truth.
school-pace = Pace
    .help = One step a second, a lesson in twenty seconds, or all that the graphics card can do.
school-page-lesson = Lesson
school-page-change = Change
school-page-network = Network
school-page-results = Results
school-change = Change one thing, let them learn, and compare.
school-hidden = MLP: neurons
    .help = Of each of its two hidden layers. How few are enough?
school-channels = CNN: maps
    .help = Of its first layers; the later ones have twice as many.
school-activation = Activation
    .help = What a neuron makes of its sum. SiLU is soft, ReLU cuts off.
school-optimizer = Optimiser
    .help = How weights follow their error: each at its own pace, or all alike with momentum.
school-batch = Batch
    .help = Images that are looked at before the weights change.
school-rate = Learning rate
    .help = How far weights move in a step. Too small learns slowly, too large forgets again.
school-on = on
school-off = off
school-slow = slow
school-steady = 20 s
school-full = full
school-unseen = of digits they never saw
school-unseen-of = read right, of { $count } digits they never saw
school-curve = % read right
school-images = { $count } images seen
school-film = They learn from:
school-wobble = Your drawing, moved up to 5 dots each way
school-wobble-blank = Draw a digit to see how it is read when moved
school-wobble-same = still read as { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }
school-wobble-same-each = still read the same
school-wobble-other = another digit
school-wobble-here = where it is now
school-this-is = This is the digit { $digit }
school-take-back = Take back
school-forget-mine = Forget mine
school-keep = Keep it
    .help = The better one of the two: beside the networks from before, or as a file.
school-save = Save it
school-loss = error: smaller is better
school-results = Lessons so far
school-results-none = Here every lesson leaves what came of it, to compare.
school-not-moved = not moved
school-false = wrong
saved-network = What was learned is saved in { $file }. Drop it on the window to see it again.
act-school = Watch them learn
    .help = both networks forget everything and learn anew, or the end of that
act-forget = Forget everything
    .help = at school: both networks know nothing any more
act-learn = Learn
    .help = at school: to learn, or to stand still
act-one_step = One step
    .help = at school: a single step, and how its error runs back
act-restore = Bring them back
    .help = at school: the networks from before are there again
act-own_digits = Your digits
    .help = at school: to say what your drawing is, by a digit and its key, so that they learn from it too
