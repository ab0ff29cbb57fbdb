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
headline-differ = They do not agree
headline-torn = { $count ->
    [one] { $first } or { $second }? It cannot tell
   *[other] { $first } or { $second }? They cannot tell
  }
headline-refused = { $count ->
    [one] The network sees no digit here
   *[other] The networks see no digit here
  }
headline-one-refuses = Only { $network } sees a digit

# Why nothing is read, where that is known.
why-faint = the line is too short
why-several = there are several shapes

# Certainty, under the answer.
sure = sure
probably = probably
not-sure = not sure
percent = { $percent } %
percent-of = { $network } { $percent } %

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
explain = Explain
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
stage-detectors = { $count } whole-picture detectors
stage-detectors-short = { $count } detectors
stage-mixers = { $count } mixers
stage-mixers-short = mixers
portraits = look for
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
explain-title-output = Why { $network } sees { $digit ->
    [8] an { $digit }
   *[other] a { $digit }
  }
explain-body-output = The { $listed } strongest of { $count } reasons for and against
explain-title-input = One dot of your drawing
explain-body-input = { $pixel } of ink becomes { $value }
slot-window = the window
slot-drawing = your drawing
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
others = the other { $count } together
bias = a fixed start
play = Play
pause = Pause
step = Step
fly = Fly there

# More.
more-title = More
more-drawing = The drawing
more-brush = Brush
more-view = The view
more-networks = Networks
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
numbers-none = no GPU

# Maps and keys.
maps-draw-first = Draw a digit to see the maps.
maps-all-filters = All { $count } filters, { $height } × { $width }
maps-filters-of = Map { $map }: its { $count } filters, { $height } × { $width }
keys-title = Keys
keys-mouse = Drag turns, Shift or right drag moves, wheel or pinch zooms, a click explains, a double click flies there.
