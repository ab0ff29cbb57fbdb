# What people read. Plain words first; where a technical term stands beside them, it is the field's.

app-name = Mnistify

# The headline: what the networks say together.
headline-blank = Male eine Ziffer
headline-reads = { $count ->
    [one] { $network } liest
    [2] Zwei Netze lesen
    [3] Drei Netze lesen
   *[other] Alle Netze lesen
  } eine { $digit }
headline-slow = Langsam, Schicht für Schicht …
headline-differ = Sie sind sich uneinig
headline-torn = { $first } oder { $second }? { $count ->
    [one] Das Netz zweifelt
   *[other] Die Netze zweifeln
  }
headline-refused = { $count ->
    [one] Das Netz sieht hier keine Ziffer
   *[other] Die Netze sehen hier keine Ziffer
  }
headline-because = { $told }: { $reason }
headline-one-refuses = Nur { $network } sieht eine Ziffer

# Why nothing is read, where that is known.
why-faint = der Strich ist zu kurz
why-several = es sind mehrere Formen

# Certainty, under the answer.
sure = sicher
probably = vermutlich
not-sure = unsicher
percent = { $percent } %

# The pad.
pad-hint = Male hier eine Ziffer
pad-hint-example = Male hier deine eigene
plate-caption = mittig, verkleinert: 28×28
plate-caption-raw = verkleinert: 28×28

# Controls at rest.
draw = Malen
erase = Radieren
undo = Rückgängig
redo = Wiederholen
clear = Leeren
networks-all = { $count ->
    [2] Beide
   *[other] Alle { $count }
  }
answer-here = Hier kommt die Antwort
explain = Erklären
explain-short = Warum?
explain-why = Warum eine { $digit }?
explain-either = { $first } oder { $second }?
more = Mehr
close = Schließen
ok = OK

# Who the networks are, in a few words.
who-windows = schiebt kleine Fenster
who-all = sieht alle Punkte auf einmal
who-yours = { $who } · deins
who-known = deins · liest { $right } von { $of } bekannten Ziffern
who-poor = Vorsicht: liest nur { $right } von { $of } bekannten Ziffern

# Stages. The long words are used where there is room.
stage-edges-many = { $count } Kantenfinder
stage-edges = Kantenfinder
stage-edges-short = Kanten
stage-corners-many = { $count } Ecken und Bögen
stage-corners = Ecken und Bögen
stage-corners-short = Ecken
stage-strokes = Striche
stage-parts = Teile von Ziffern
stage-parts-short = Teile
stage-shapes = ganze Formen
stage-shapes-short = Formen
stage-gist = der Kern
stage-gist-short = Kern
stage-coarser = kleinere Kopien
stage-coarser-short = kleiner
stage-even = ausgeglichen
stage-even-short = geebnet
stage-shortcut = eine Abkürzung
stage-shortcut-short = Abkürzung
stage-added = { $stage } + Abkürzung
stage-detectors = { $count } Ganzbild-Detektoren
stage-detectors-short = { $count } Detektoren
stage-mixers = { $count } Mischer
stage-mixers-short = Mischer
portraits-long = was sie suchen
portraits = suchen
stage-more = { $count } weitere
stage-hidden = +{ $count }
stage-strongest = die { $count } stärksten · { $technical }

# The foot of the window.
legend-negative = negativ
legend-positive = positiv
time-of = { $network } { $millis } ms

# The explanation.
explain-title-conv = Ein Fenster, ein Punkt
explain-body-conv = { $count } Werte × { $count } Gewichte, zusammengezählt und gebogen: ein Punkt dieser Karte für { $kind }
explain-title-pool = Nur der Stärkste bleibt
explain-title-mean = Der Mittelwert bleibt
explain-body-mean = Von { $count } Nachbarn geht der Mittelwert weiter
explain-body-pool = Von { $count } Nachbarn geht der größte Wert weiter
explain-title-dense = Ein Neuron sieht sich alles an
explain-body-dense = { $count } Werte × { $count } Gewichte, zusammengezählt, ergeben einen Wert
explain-skipped = Eine Abkürzung bringt { $value } von früher dazu
explain-title-output = Warum { $network } eine { $digit } sieht
explain-body-output = Die { $listed } stärksten von { $count } Gründen dafür und dagegen
explain-body-output-maps = Die { $listed } stärksten von { $count } Karten, dafür und dagegen
explain-other = Und { $network }?
why-tab-reasons = Gründe
why-tab-alike = Ziffern wie deine
why-tab-strokes = Deine Striche
strokes-parts = Orange Teile sprechen für eine { $digit }, blaue dagegen.
strokes-limit = Gefunden durch Weglassen, einzeln und zusammen; ein anderes Netz kann die Teile anders gewichten.
strokes-river = was es dachte, während du gezeichnet hast
strokes-changed = hier wechselte es von { $before } zu { $digit }
strokes-then = In diesem Augenblick sagt es { $digit }: { $percent } %
strokes-drag = ziehen: zurück in der Zeit
strokes-seconds = { $seconds } s
strokes-wait = Deine Zeichnung wird Stück für Stück gelesen …
strokes-live = Es liest, während du zeichnest. Heb den Stift, dann siehst du, was jeder Teil deiner Linie bewirkt.
strokes-blank = Zeichne erst eine Ziffer; dann siehst du, was jeder deiner Striche bewirkt hat.
strokes-picture = Auf dem Zeichenfeld liegt ein Bild. Nur selbst gezeichnete Striche lassen sich verfolgen.
alike-meant = Deiner am ähnlichsten:
alike-yours = deine
alike-digit = jemand schrieb eine { $digit }
alike-take = Drücken legt sie auf die Zeichenfläche
alike-to-network = Für dieses Netz
alike-to-pixels = Punkt für Punkt
alike-foot-network = Von { $count } Trainingsziffern sind diese für { $network } deiner am ähnlichsten. Kein Wunder, dass sie ihm meist zustimmen; vergleiche Punkt für Punkt.
alike-foot-pixels = Punkt für Punkt sind das die ähnlichsten von { $count } Trainingsziffern. Kein Netz wurde gefragt.
alike-reading = { $network } liest zuerst, einmal, die Trainingsziffern: { $percent } %
alike-coming = Die Trainingsziffern sind unterwegs.
alike-missing = Die Trainingsziffern kamen nicht. { $reason }
alike-learning = Solange das Netz lernt, ändert sich jeden Moment, was ihm ähnlich ist. Lass es anhalten, oder vergleiche Punkt für Punkt.
alike-blank = Zeichne eine Ziffer und sieh, wer ähnlich zeichnete.
explain-title-input = Ein Punkt deiner Zeichnung
explain-body-input = { $pixel } Tinte wird zu { $value }
slot-window = das Fenster
slot-drawing = deine Zeichnung
slot-dark = dunkel = { $value }
slot-weights = die Gewichte
slot-looks-for = was es sucht
slot-products = Produkte
slot-bend = gebogen: { $activation }
slot-map = die Karte
slot-layer = die Schicht
slot-before = davor
slot-after = danach
slot-largest = Maximum
slot-mean = Mittel
in-out = Summe { $in }, gebogen zu { $out }
sum-of = Summe { $sum }
term-map = Karte { $number }
term-neuron = Neuron { $number }
others = { $count } andere
bias = fester Start
skipped = über eine Abkürzung
play = Los
pause = Pause
step = Schritt
fly = Hinfliegen

# More.
more-title = Mehr
more-drawing = Zeichnung
more-brush = Pinsel
more-view = Ansicht
edges-count = { $count } stärkste

# Numbers.
numbers-title = Inferenzzeit
numbers-explained = Wie lange das Lesen zuletzt dauerte: in der Hälfte der Fälle höchstens die erste Zahl, in 95 % höchstens die zweite. Millisekunden.
numbers-network = Netz
numbers-encode = zur Übergabe
numbers-encode-help = CPU-Zeit, um den Vorwärtsdurchlauf zu kodieren und abzuschicken
numbers-result = bis zur Antwort
numbers-result-help = Vom Anfang, bis die Logits zurück auf der CPU sind
numbers-gpu = auf der GPU
numbers-gpu-help = Nach den eigenen Zeitstempeln der GPU, wenn sie welche hat
numbers-device = Alles läuft auf: { $adapter }
numbers-on-cpu = { $network } läuft auf der CPU: { $reason }
numbers-checking = Prüfe { $adapter } …
numbers-none = Alles läuft auf der CPU, denn es gibt keine GPU

# Maps and keys.
layer-before = Vorige Schicht
layer-after = Nächste Schicht
layer-close = Alle Schichten
layer-says-edges = Jede Karte ist ein kleines Fenster, das über die Zeichnung gleitet: orange, wo es seine Kante findet, blau beim Gegenteil.
layer-says-maps = Jede Karte mischt alle Karten der Schicht davor und leuchtet, wo sie findet, was sie sucht.
layer-says-pool = Von einigen Nachbarn bleibt nur der stärkste: Die Karten schrumpfen, das Wichtige bleibt.
layer-says-detectors = Jedes Quadrat ist ein Neuron: Es wiegt jeden Punkt der Zeichnung und zählt alles zusammen.
layer-says-mixers = Jedes Quadrat ist ein Neuron: Es wiegt alle Werte der Schicht davor und zählt sie zusammen.
layer-touch = Ein Punkt, berührt, zeigt seine Summe.
layer-filters = kleine Quadrate: die Filter
keys-title = Tasten
keys-mouse = Ziehen dreht, Ziehen mit Shift oder rechts verschiebt, Mausrad oder zwei Finger zoomen, ein Klick erklärt, ein Doppelklick fliegt hin.

# What can be done: what stands on the control, and what it does.
act-draw = Malen
    .help = malen
act-erase = Radieren
    .help = radieren
act-thinner = Dünner
    .help = dünnerer Pinsel
act-wider = Dicker
    .help = dickerer Pinsel
act-undo = Rückgängig
    .help = rückgängig machen
act-redo = Wiederholen
    .help = wiederholen
act-clear = Leeren
    .help = alles löschen
act-prepare = Zentrieren, skalieren wie MNIST
    .help = vorbereiten wie MNIST (auf 20×20 skalieren, nach Masse zentrieren), an oder aus
act-replay = Ansehen
    .help = zusehen, wie die Zeichnung entsteht
act-save = Speichern
    .help = die Zeichnung speichern
act-load = Laden
    .help = die gespeicherte Zeichnung laden
act-picture = Bild
    .help = alles als Bild speichern
act-share = Teilen
    .help = einen Link teilen (in der nativen App der Befehl, der ihn öffnet, im Terminal)
act-every_frame = jedes Bild
    .help = bei jedem Bild lesen, auch wenn sich nichts geändert hat, an oder aus
act-all = Alle
    .help = alle Netze
act-mlp = MLP
    .help = nur das MLP
act-cnn = CNN
    .help = nur das CNN
act-own = Deins
    .help = nur dein Netz
act-network = Dein Netz
    .help = ein eigenes Netz neben diesen lesen lassen oder es wegnehmen
act-overview = Start
    .help = Start: die Ansicht vom Anfang
act-top = Oben
    .help = von oben
act-side = Seite
    .help = von der Seite
act-left = Links
    .help = die Kamera drehen oder die Zelle links wählen
act-right = Rechts
    .help = die Kamera drehen oder die Zelle rechts wählen
act-up = Hoch
    .help = die Kamera drehen oder die Zelle darüber wählen
act-down = Runter
    .help = die Kamera drehen oder die Zelle darunter wählen
act-nearer = Näher
    .help = näher
act-further = Ferner
    .help = weiter weg
act-next_map = Nächste Karte
    .help = dieselbe Zelle der nächsten Karte
act-previous_map = Vorige Karte
    .help = dieselbe Zelle der vorigen Karte
act-slow = Zeitlupe
    .help = den Vorwärtsdurchlauf an jeder Schicht anhalten
act-edges = Linien
    .help = die stärksten Beiträge zur Antwort oder zur gewählten Zelle, an oder aus
act-fewer_edges = Weniger Linien
    .help = weniger Linien
act-more_edges = Mehr Linien
    .help = mehr Linien
act-explain = Erklären
    .help = warum diese Antwort: die stärksten Gründe, und der Weg zurück
act-why_page = Nächste Seite
    .help = bei einer erklärten Antwort: die nächste Seite der Erklärung; in der Schule: die nächste Seite
act-slide = Los
    .help = das Fenster über die erklärte Karte schieben
act-next_layer = Nächste Schicht
    .help = auf dem Handy: die nächste Schicht
act-previous_layer = Vorige Schicht
    .help = auf dem Handy: die Schicht davor
act-lanes = Schichten
    .help = auf dem Handy: alle Schichten auf dem ganzen Bildschirm
act-maps = Schicht
    .help = eine Schicht, alle ihre Karten groß
act-numbers = Zahlen
    .help = Inferenzzeiten nebeneinander
act-calm = Ruhig
    .help = weniger Bewegung: Werte erscheinen sofort
act-reach = In Reichweite
    .help = Malfläche und Knöpfe in der unteren Hälfte, für ein Kind oder einen Rollstuhl
act-larger_text = Größere Schrift
    .help = größere Schrift, in zwei Stufen, dann wieder die übliche
act-high_contrast = Hoher Kontrast
    .help = weiß auf beinahe schwarz, mit dicken Umrissen
act-help = ?
    .help = diese Liste
act-more = Mehr
    .help = Netze, Pinsel, Speichern, Teilen
act-close = Schließen
    .help = schließen, was offen ist, oder die Auswahl aufheben
act-language = Sprache
    .help = die nächste Sprache sprechen

# A network of one's own.
own-refused = Diese Dateien gehen hier nicht
own-trying = An bekannten Ziffern wird ausprobiert, wie es sie haben will: { $percent } %
own-stop-trying = Nimm es, wie es ist
own-facts = { $layers ->
    [one] { $layers } Schicht
   *[other] { $layers } Schichten
  }, { $parameters } Parameter, { $classes } Klassen
own-nothing-assumed = Seine Datei beschreibt sich selbst; nichts musste angenommen werden.
own-assumed = Was aus seiner Datei hervorging und was angenommen werden musste:
own-better = Du kannst auch eine JSON-Datei ablegen, die es besser sagt, jetzt oder zusammen mit dem Netz.
own-how = Dein eigenes Netz kann neben diesen beiden lesen: eine .safetensors-Datei aus PyTorch, Keras, Flax, burn oder tinygrad, mit 2D-Faltungen, linearen Schichten, Batch-Normalisierung und Pooling hintereinander, für Bilder von 28 × 28. Was die Datei nicht sagt, wird an bekannten Ziffern ausprobiert.
own-drop-page = Leg die Datei auf dieser Seite ab oder wähle sie aus. Sie bleibt auf diesem Computer.
own-drop-window = Leg die Datei auf diesem Fenster ab oder starte so: mnistify --model DATEI
own-description = Gewichte sagen nicht alles. Eine JSON-Datei mit demselben Namen, daneben oder zusammen mit ihnen abgelegt, kann den Rest sagen; jede Zeile darf fehlen:
own-choose = Dateien wählen …
    .help = eine .safetensors-Datei und ihre .json, falls sie eine hat
own-remove = Entfernen
own-drop = Leg dein Netz hier ab
own-many-pictures = Das sind { $count } Bilder oder Zeichnungen; auf das Malfeld passt immer nur eins
own-reading = { $file } wird gelesen …
own-added = { $name } liest neben den anderen.
own-added-assumed = { $name } liest neben den anderen. Was angenommen werden musste: U
own-added-known = { $name } liest { $right } von { $of } bekannten Ziffern. Was dabei herauskam: U
own-added-poor = Vorsicht: { $name } liest nur { $right } von { $of } bekannten Ziffern. Was versucht wurde und was helfen kann: U
own-many-networks = Das sind { $count } Netze: { $files }. Nur eins auf einmal kann neben den anderen stehen; leg eine Datei ab, und ihre .json, falls sie eine hat
own-many-descriptions = Das sind mehrere Beschreibungen: { $files }. Leg die ab, die zum Netz gehört
own-more-files = und { $count } weitere
own-waiting = { $file } ist als Beschreibung eines Netzes gemerkt: Leg jetzt die .safetensors-Datei des Netzes ab
own-no-file = Da ist keine Datei drin

# What is found out about a network of one's own.
note-unused = Die Datei beschreibt sich selbst, darum wird die Beschreibung daneben nicht verwendet.
note-and-more = { $names } und { $count } weitere
note-order = Reihenfolge: { $how }. { $names }.
note-order-said = wie die Beschreibung sie aufzählt
note-order-names = nach ihren Namen: Nummern der Reihe nach, Faltungen vor dichten Schichten
note-order-shapes = nach ihren Formen: Jede nimmt, was die vor ihr gibt
note-shortcuts = Nach ihren Namen { $addition }: { $blocks }.
note-added-before = Abkürzungen vor der Aktivierung dazugezählt
note-added-after = Abkürzungen nach der Aktivierung dazugezählt
note-added-bare = Abkürzungen ohne Aktivierung dazugezählt
note-added-early = Abkürzungen dazugezählt in Blöcken, die mit Normalisierung und Aktivierung beginnen
note-added-early-raw = Abkürzungen dazugezählt in Blöcken, die mit Normalisierung und Aktivierung beginnen, ihre eigenen Schichten neben diesen
note-added-early-rest = Abkürzungen dazugezählt in Blöcken, die mit Normalisierung und Aktivierung beginnen, die Schichten aller außer dem ersten neben diesen
note-zeros-around = Nullen auf beiden Seiten für die Karten, die einer Abkürzung fehlen
note-zeros-behind = Nullen am Ende für die Karten, die einer Abkürzung fehlen
note-shortcut-mean = Abkürzungen aus 2×2-Mitteln
note-around = { $first } bis { $last }
note-around-through = { $first } bis { $last } über { $ways }
note-arranged-as-said = Faltungen, wie die Beschreibung sagt: { $arrangement }.
note-arranged = Faltungen, das Plausibelste, was genau zu den Größen passt: { $arrangement }.
note-as-plausible = Nicht das Einzige, was passt ({ $count } weitere). Als Nächstes, ebenso plausibel: { $arrangement }. Eine Beschreibung kann sagen, welches: padding, stride, pool.
note-less-plausible = Nicht das Einzige, was passt ({ $count } weitere). Als Nächstes, weniger plausibel: { $arrangement }. Eine Beschreibung kann sagen, welches: padding, stride, pool.
note-no-padding = { $name } ohne Rand
note-padding = { $name } Rand { $padding }
note-stride = { $what } Schritt { $stride }
note-then-max = dann Maximum von { $size }
note-then-mean = dann Mittel von { $size }
note-then-pool = dann Zusammenfassen von { $size }
note-activation-assumed = Aktivierung: ReLU nach jeder Schicht außer der letzten, angenommen; Gewichte sagen es nicht (Beschreibung: activation).
note-without-activation = Keine Aktivierung nach { $names }: Die Nummerierung lässt keinen Platz dafür.
note-pixels-assumed = Pixel: Mittelwert { $mean } und Standardabweichung { $std } von MNIST, angenommen (Beschreibung: normalisation; mean 0 und std 1 für einfache Pixel zwischen 0 und 1).
note-classes-assumed = Klassen: 0 bis { $last }, angenommen (Beschreibung: classes).
note-epsilon-assumed = Batch-Normalisierung: Epsilon { $epsilon }, angenommen.
note-absent = Nicht in der Datei, darum Nullen (Einsen für einen Maßstab): { $names }.
note-reads = Liest { $right } von { $of } bekannten Ziffern: { $what }; gefunden durch Ausprobieren von { $ways } Möglichkeiten an { $first } anderen Ziffern.
note-classes-found = Klassen: { $classes }, durch Ausprobieren gefunden.
note-warning = Achtung: Weniger als neun von zehn bekannten Ziffern werden richtig gelesen, etwas an diesem Netz ist also nicht verstanden. Das Beste, was versucht wurde: { $ranking }. Eine Beschreibung kann mehr sagen: activation, normalisation, padding, stride, pool, flatten, shortcuts, order, names.
note-ranked = { $right } von { $of } mit { $what }
note-residual = Seine Namen sehen nach Residualblöcken aus, aber um welche Schichten Abkürzungen herumführen, ist nicht verstanden; sie bleiben weg.
note-pixels-mnist = Pixel mit Mittelwert und Standardabweichung von MNIST
note-pixels = Pixel von { $from } bis { $to }
note-pixels-inverted = Pixel von { $paper } (Papier) bis 0 (Tinte)
note-pixels-said = Pixel mit Mittelwert { $mean } und Standardabweichung { $std }
note-no-activation = ohne Aktivierung
note-leaky = Leaky ReLU von { $slope }
note-max-pooling = Zusammenfassen zum Maximum
note-mean-pooling = Zusammenfassen zum Mittel
note-global-mean = am Ende das Mittel jeder Karte
note-far-edges = bei Schritt 2 hinten mehr Rand als vorn, wie in TensorFlow
note-flattened = Karten Ort für Ort aufgereiht (h, w, c)
note-transposed = liegende Bilder

# What becomes of a drawing.
saved-drawing = Die Zeichnung ist als { $file } gespeichert.
saved-picture = Das Bild ist als { $file } gespeichert.
picture-failed = Das Bild lässt sich nicht speichern: { $reason }
picture-unwritten = { $file } lässt sich nicht schreiben: { $reason }. Starte die App in einem anderen Ordner
shared-in-terminal = Der Befehl, der das wieder öffnet, steht im Terminal.

# The guided tour: at most 25 words a step.
tour-start = Zeig mir, wie
tour-start-short = Tour
tour-leave = Beenden
tour-back = Zurück
tour-next = Weiter
tour-challenge = Probier es
tour-place = { $step } von { $steps }
tour-numbers = Deine Zeichnung wird zu 28 × 28 Punkten. Für den Computer sind das nur 784 Zahlen: wie viel Tinte wo ist.
tour-window = Ein kleines Fenster wandert über deine Zeichnung. Überall zählt es zusammen, was es sieht, und fragt: Ist hier eine Kante wie meine?
tour-many = { $count } solche Fenster suchen { $count } verschiedene Dinge. Tippe auf die Karte, die am hellsten leuchtet.
tour-coarser = Von benachbarten Punkten bleibt nur der stärkste. Die Karten werden kleiner, und das Wichtige bleibt.
tour-parts = Weiter rechts schauen Fenster auf Karten, nicht auf Tinte. Aus Kanten werden Ecken, aus Ecken Schleifen und Striche.
tour-vote = Zum Schluss wird abgestimmt. Jeder Teil spricht für manche Ziffern und gegen andere. Tippe auf eine Ziffer und sieh, warum.
tour-neighbours = Das andere Netz kennt keine Nachbarn. Es sieht alle 784 Punkte auf einmal und weiß auswendig, wie Ziffern aussehen.
tour-doubt = Bring sie jetzt zum Zweifeln! Male etwas, das zwei Ziffern sein könnte, und beobachte die Balken.

# The exhibit, when nobody is there and when somebody left.
exhibit-invite = Male mit dem Finger eine Ziffer
exhibit-invite-wall = Auf dem Tisch eine Ziffer zeichnen
exhibit-still-there = Noch da?
exhibit-countdown = { $seconds ->
    [one] In einer Sekunde geht es von vorn los
   *[other] In { $seconds } Sekunden geht es von vorn los
  }
exhibit-stay = Ich bin noch da

act-challenge = Aufgabe
    .help = eine Aufgabe, oder die nächste
act-start_over = Von vorn
    .help = alles wie am Anfang
act-tour = Tour
    .help = eine geführte Tour in acht Schritten, oder ihr Ende
act-tour_next = Weiter
    .help = auf der Tour: der nächste Schritt
act-tour_back = Zurück
    .help = auf der Tour: der Schritt davor

# Challenges.
challenge-disagree = Bring die Netze zum Streiten: Male etwas, das sie als zwei verschiedene Ziffern lesen.
challenge-ink = Eine { $digit } mit so wenig Tinte wie möglich: Wie viele Punkte reichen beiden?
challenge-between = Genau zwischen { $low } und { $high }: Male, was beides sein könnte.
challenge-no-digit = Male, was kein Netz für eine Ziffer hält, aber dein Freund lesen kann.
challenge-done = Geschafft! Geht es noch besser?
challenge-another = Noch eine
challenge-dots = { $count } Punkte Tinte
challenge-best = Die besten
challenge-best-today = Die besten heute

# Die Schule, in der die Netze lernen.
school-open = Beim Lernen zusehen
school-before = Beide Netze können lesen. Lass sie alles vergessen und sieh ihnen beim Lernen zu.
school-forgotten = Jetzt raten sie nur. Lass sie lernen und achte auf ihre Antwort.
school-learning = Sie üben an { $count } Ziffern. Zeichne dabei und achte auf die Antwort.
school-learning-own = Sie üben an { $count } Ziffern und { $own } von dir. Zeichne dabei.
school-software = Ohne schnelle Grafikkarte lernt nur eines.
school-paused = Sie stehen still. Zeichne, tippe auf Leuchtendes oder lass sie weiterlernen.
school-stepped = Ein Schritt: Der Fehler lief zurück und änderte jede Schicht um so viel Prozent.
school-over-unmoved = Fertig! Lesen sie deine Ziffer auch verschoben? Sieh die Ergebnisse an.
school-over-few = Fertig! So wenige Beispiele lehren wenig. Gib ihnen mehr und vergleiche.
school-over = Fertig! Ändere nun eine Sache, etwa nur 10 Beispiele. Was wird schlechter?
school-yours = Tippe an, was du gezeichnet hast: Jede achte Ziffer, die sie sehen, ist dann deine.
school-yours-some = Eigene: { $count }, jede achte Ziffer, die sie sehen. Keine wird aufbewahrt.
school-yours-blank = Zeichne zuerst eine Ziffer, dann sag, welche es ist.
school-waiting = Die Ziffern zum Lernen sind unterwegs.
school-refused = Auf dieser Grafikkarte können sie nicht lernen: { $reason }
school-forget = Alles vergessen
school-forget-short = Vergessen
school-safe = Schließt du dies, wissen sie alles wieder.
school-then-forget = Sie vergessen alles
school-then-learn = Sie lernen, 20 Sekunden lang
school-then-change = Du änderst etwas und vergleichst
school-learn = Lernen
school-pause = Pause
school-again = Neu lernen
school-step = Ein Schritt
school-restore = Alte zurück
school-close = Schließen
school-examples = Beispiele
    .help = Aus wenigen Beispielen lernen sie auswendig: Diese kennen sie, andere verstehen sie nicht.
school-examples-own = Beispiele + { $count } eigene
school-moved = Verschobene
    .help = Jede Ziffer steht jedes Mal woanders. Wer sie nur in der Mitte gesehen hat, versagt daneben.
school-wrong = Falsche Namen
    .help = Über so viele Ziffern sagt man ihnen etwas Falsches. Sie glauben es und finden oft doch die Wahrheit.
school-pace = Tempo
    .help = Ein Schritt in der Sekunde, eine Stunde in zwanzig Sekunden oder alles, was die Grafikkarte kann.
school-page-lesson = Stunde
school-page-change = Ändern
school-page-network = Netz
school-page-results = Ergebnisse
school-change = Ändere eine Sache, lass sie lernen und vergleiche.
school-hidden = MLP: Neuronen
    .help = In jeder der beiden verdeckten Schichten. Wie wenige genügen?
school-channels = CNN: Karten
    .help = In den ersten Schichten; die späteren haben doppelt so viele.
school-activation = Aktivierung
    .help = Was ein Neuron aus seiner Summe macht. SiLU ist weich, ReLU schneidet ab.
school-optimizer = Optimierer
    .help = Wie Gewichte ihrem Fehler folgen: jedes in seinem Tempo oder alle gleich mit Schwung.
school-batch = Stapel
    .help = Bilder, die angesehen werden, bevor die Gewichte sich ändern.
school-rate = Lernrate
    .help = Wie weit Gewichte in einem Schritt gehen. Zu klein lernt langsam, zu groß vergisst wieder.
school-on = an
school-off = aus
school-slow = langsam
school-steady = 20 s
school-full = voll
school-unseen = von nie gesehenen Ziffern
school-unseen-of = richtig, von { $count } nie gesehenen Ziffern
school-curve = % richtig gelesen
school-images = { $count } Bilder gesehen
school-film = Sie lernen aus:
school-wobble = Deine Zeichnung, bis 5 Punkte verschoben
school-wobble-blank = Zeichne eine Ziffer: So liest man sie verschoben
school-wobble-same = noch als { $digit } gelesen
school-wobble-same-each = gleich gelesen
school-wobble-other = anders gelesen
school-wobble-here = wo sie steht
school-this-is = Das ist die Ziffer { $digit }
school-take-back = Letzte weg
school-forget-mine = Alle weg
school-keep = Behalten
    .help = Das bessere der beiden: neben den Netzen von vorher oder als Datei.
school-save = Speichern
school-loss = Fehler: kleiner ist besser
school-results = Stunden
school-results-none = Hier steht, was jede Stunde brachte, zum Vergleichen.
school-not-moved = unverschoben
school-false = falsch
saved-network = Das Gelernte ist in { $file } gespeichert. Zieh die Datei auf das Fenster, um es wiederzusehen.
act-school = Beim Lernen zusehen
    .help = beide Netze vergessen alles und lernen neu, oder das Ende davon
act-forget = Alles vergessen
    .help = in der Schule: beide Netze wissen nichts mehr
act-learn = Lernen
    .help = in der Schule: lernen oder stillstehen
act-one_step = Ein Schritt
    .help = in der Schule: ein einziger Schritt, und wie sein Fehler zurückläuft
act-restore = Zurückholen
    .help = in der Schule: die Netze von vorher sind wieder da
act-own_digits = Eigene Ziffern
    .help = in der Schule: sagen, was du gezeichnet hast, mit einer Ziffer und ihrer Taste, damit sie auch davon lernen
