# What people read. Plain words first; where a technical term stands beside them, it is the field's.

app-name = Mnistify

# The headline: what the networks say together.
headline-blank = Tracez un chiffre
headline-reads = { $count ->
    [one] { $network } lit
    [2] Deux réseaux lisent
    [3] Trois réseaux lisent
   *[other] Tous les réseaux lisent
  } un { $digit }
headline-slow = Lentement, couche par couche …
headline-differ = Ils se contredisent
headline-torn = { $first } ou { $second } ? { $count ->
    [one] Le réseau hésite
   *[other] Les réseaux hésitent
  }
headline-refused = { $count ->
    [one] Le réseau ne voit aucun chiffre ici
   *[other] Les réseaux ne voient aucun chiffre ici
  }
headline-because = { $told } : { $reason }
headline-one-refuses = Seul { $network } voit un chiffre

# Why nothing is read, where that is known.
why-faint = le trait est trop court
why-several = il y a plusieurs formes

# Certainty, under the answer.
sure = sûr
probably = probable
not-sure = pas sûr
percent = { $percent } %

# The pad.
pad-hint = Tracez un chiffre ici
pad-hint-example = Tracez ici le vôtre
plate-caption = centré, réduit à 28×28
plate-caption-raw = réduit à 28×28

# Controls at rest.
draw = Tracer
erase = Gommer
undo = Annuler
redo = Rétablir
clear = Effacer
networks-all = { $count ->
    [2] Les deux
   *[other] Les { $count }
  }
answer-here = La réponse vient ici
explain = Expliquer
explain-short = Pourquoi ?
explain-why = Pourquoi un { $digit } ?
explain-either = { $first } ou { $second } ?
more = Plus
close = Fermer
ok = OK

# Who the networks are, in a few words.
who-windows = promène des mini-fenêtres
who-all = voit tous les points à la fois
who-yours = { $who } · le vôtre
who-known = le vôtre · lit { $right } des { $of } chiffres connus
who-poor = attention : ne lit que { $right } des { $of } chiffres connus

# Stages. The long words are used where there is room.
stage-edges-many = { $count } cherche-bords
stage-edges = cherche-bords
stage-edges-short = bords
stage-corners-many = { $count } coins et courbes
stage-corners = coins et courbes
stage-corners-short = coins
stage-strokes = traits
stage-parts = bouts de chiffres
stage-parts-short = bouts
stage-shapes = formes entières
stage-shapes-short = formes
stage-gist = le résumé
stage-gist-short = résumé
stage-coarser = copies réduites
stage-coarser-short = réduites
stage-even = égalisé
stage-even-short = égalisé
stage-shortcut = un raccourci
stage-shortcut-short = raccourci
stage-added = { $stage } + raccourci
stage-detectors = { $count } détecteurs d’image entière
stage-detectors-short = { $count } détecteurs
stage-mixers = { $count } mélanges
stage-mixers-short = mélange
portraits-long = ce qu’ils cherchent
portraits = cherchent
stage-more = { $count } autres
stage-hidden = +{ $count }
stage-strongest = les { $count } en tête · { $technical }

# The foot of the window.
legend-negative = négatif
legend-positive = positif
time-of = { $network } { $millis } ms

# The explanation.
explain-title-conv = Une fenêtre, un point
explain-body-conv = { $count } valeurs × { $count } poids, additionnés puis courbés : un point de cette carte de { $kind }
explain-title-pool = Seul le plus fort reste
explain-title-mean = Seule reste la moyenne
explain-body-mean = De { $count } voisins, c’est la moyenne qui continue
explain-body-pool = De { $count } voisins, c’est la plus grande valeur qui continue
explain-title-dense = Un neurone regarde tout
explain-body-dense = { $count } valeurs × { $count } poids, additionnés, donnent une seule valeur
explain-skipped = Un raccourci ajoute { $value } d’une étape antérieure
explain-title-output = Pourquoi { $network } voit un { $digit }
explain-body-output = Les { $listed } raisons les plus fortes sur { $count }, pour et contre
explain-body-output-maps = Les { $listed } cartes les plus fortes sur { $count }, pour et contre
explain-other = Et { $network } ?
why-tab-reasons = Raisons
why-tab-alike = Chiffres semblables
why-tab-strokes = Vos traits
strokes-parts = Les parties orange parlent pour un { $digit }, les bleues contre.
strokes-limit = Trouvé en omettant des parties, seules et ensemble ; un autre réseau peut les peser autrement.
strokes-river = ce qu’il pensait pendant que vous dessiniez
strokes-changed = ici il passe de { $before } à { $digit }
strokes-then = À cet instant il dit { $digit } : { $percent } %
strokes-drag = glisser pour remonter le temps
strokes-seconds = { $seconds } s
strokes-wait = Votre dessin est lu morceau par morceau …
strokes-live = Il lit pendant que vous dessinez. Levez le stylo, et vous verrez ce que fait chaque partie de votre trait.
strokes-blank = Dessinez d’abord un chiffre ; vous verrez alors ce qu’a fait chacun de vos traits.
strokes-picture = Une image est posée sur le cadre. Seuls des traits que vous dessinez vous-même peuvent être suivis.
alike-meant = Les plus semblables au vôtre :
alike-yours = le vôtre
alike-digit = une personne a écrit un { $digit }
alike-take = Touchez pour le mettre sur l’ardoise
alike-to-network = Pour ce réseau
alike-to-pixels = Pixel par pixel
alike-foot-network = Parmi { $count } chiffres d’entraînement, ceux-ci sont pour { $network } les plus semblables au vôtre. Rien d’étonnant à ce qu’ils soient de son avis ; comparez pixel par pixel.
alike-foot-pixels = Point par point, voici les plus semblables parmi { $count } chiffres d’entraînement. Aucun réseau n’a été consulté.
alike-reading = { $network } lit d’abord, une seule fois, les chiffres d’entraînement : { $percent } %
alike-coming = Les chiffres d’entraînement arrivent.
alike-missing = Les chiffres d’entraînement ne sont pas arrivés. { $reason }
alike-learning = Tant que le réseau apprend, ce qui est semblable pour lui change à chaque instant. Arrêtez-le, ou comparez pixel par pixel.
alike-blank = Dessinez un chiffre et voyez qui a dessiné de même.
explain-title-input = Un point de votre dessin
explain-body-input = { $pixel } d’encre devient { $value }
slot-window = la fenêtre
slot-drawing = votre dessin
slot-dark = sombre = { $value }
slot-weights = ses poids
slot-looks-for = ce qu’il cherche
slot-products = produits
slot-bend = courbé par { $activation }
slot-map = sa carte
slot-layer = sa couche
slot-before = avant
slot-after = après
slot-largest = maximum
slot-mean = moyenne
in-out = somme { $in }, courbée en { $out }
sum-of = somme { $sum }
term-map = carte { $number }
term-neuron = neurone { $number }
others = { $count } autres
bias = départ fixe
skipped = par un raccourci
play = Lancer
pause = Pause
step = Un pas
fly = Y aller

# More.
more-title = Plus
more-drawing = Dessin
more-brush = Pinceau
more-view = Vue
edges-count = { $count } plus fortes

# Numbers.
numbers-title = Temps d’inférence
numbers-explained = Combien de temps ont pris les dernières lectures : la moitié d’entre elles, au plus le premier nombre ; 95 %, au plus le second. En millisecondes.
numbers-network = réseau
numbers-encode = pour envoyer
numbers-encode-help = Temps CPU pour encoder la propagation avant et la soumettre
numbers-result = pour répondre
numbers-result-help = Du début jusqu’au retour des logits sur le CPU
numbers-gpu = sur le GPU
numbers-gpu-help = D’après les horodatages du GPU lui-même, s’il en a
numbers-device = Tout tourne sur { $adapter }
numbers-on-cpu = { $network } tourne sur le CPU : { $reason }
numbers-checking = Test de { $adapter }…
numbers-none = Tout tourne sur le processeur, faute de GPU

# Maps and keys.
layer-before = Couche précédente
layer-after = Couche suivante
layer-close = Toutes les couches
layer-says-edges = Chaque carte est une petite fenêtre glissée sur votre dessin : orange là où elle trouve son bord, bleu là où elle trouve le contraire.
layer-says-maps = Chaque carte mélange toutes celles de la couche précédente, et brille là où elle trouve ce qu’elle cherche.
layer-says-pool = De quelques voisins, seul le plus fort reste : les cartes rétrécissent, l’essentiel demeure.
layer-says-detectors = Chaque carré est un neurone : il pèse chaque point de votre dessin et en fait la somme.
layer-says-mixers = Chaque carré est un neurone : il pèse toutes les valeurs de la couche précédente et en fait la somme.
layer-touch = Touchez un point pour voir sa somme.
layer-filters = petits carrés : les filtres
keys-title = Touches
keys-mouse = Glissez pour tourner, avec Shift ou le bouton droit pour déplacer ; molette ou pincement pour zoomer ; un clic explique, un double-clic y emmène.

# What can be done: what stands on the control, and what it does.
act-draw = Tracer
    .help = tracer
act-erase = Gommer
    .help = gommer
act-thinner = Plus fin
    .help = pinceau plus fin
act-wider = Plus gros
    .help = pinceau plus gros
act-undo = Annuler
    .help = annuler
act-redo = Rétablir
    .help = rétablir
act-clear = Effacer
    .help = tout effacer
act-prepare = Centrer et ajuster, comme MNIST
    .help = préparer comme MNIST (ajuster à 20×20, centrer selon la masse), oui ou non
act-replay = Revoir
    .help = revoir le dessin se faire
act-save = Enregistrer
    .help = enregistrer le dessin
act-load = Charger
    .help = charger le dessin enregistré
act-picture = Image
    .help = enregistrer le tout en image
act-share = Partager
    .help = partager un lien (application native : la commande qui l’ouvre, dans le terminal)
act-every_frame = chaque image
    .help = lire à chaque image affichée, même si rien n’a changé, oui ou non
act-all = Tous
    .help = tous les réseaux
act-mlp = MLP
    .help = le MLP seul
act-cnn = CNN
    .help = le CNN seul
act-own = Le vôtre
    .help = votre réseau seul
act-network = Votre réseau
    .help = faire lire un réseau à vous à côté de ceux-ci, ou le retirer
act-overview = Début
    .help = début : la vue de départ
act-top = Dessus
    .help = vue de dessus
act-side = Côté
    .help = vue de côté
act-left = Gauche
    .help = tourner la caméra, ou choisir la cellule à gauche
act-right = Droite
    .help = tourner la caméra, ou choisir la cellule à droite
act-up = Haut
    .help = tourner la caméra, ou choisir la cellule au-dessus
act-down = Bas
    .help = tourner la caméra, ou choisir la cellule au-dessous
act-nearer = Avancer
    .help = plus près
act-further = Reculer
    .help = plus loin
act-next_map = Carte suivante
    .help = la même cellule de la carte suivante
act-previous_map = Carte précédente
    .help = la même cellule de la carte précédente
act-slow = Ralenti
    .help = arrêter la propagation avant à n’importe quelle couche
act-edges = Lignes
    .help = les contributions les plus fortes à la réponse ou à la cellule choisie, oui ou non
act-fewer_edges = Moins de lignes
    .help = moins de lignes
act-more_edges = Plus de lignes
    .help = plus de lignes
act-explain = Expliquer
    .help = pourquoi cette réponse : les raisons les plus fortes, et le retour
act-why_page = Page suivante
    .help = sur une réponse expliquée : la page suivante de l’explication ; à l’école : la page suivante
act-slide = Lancer
    .help = faire glisser la fenêtre sur la carte expliquée
act-next_layer = Couche suivante
    .help = sur téléphone : la couche suivante
act-previous_layer = Couche précédente
    .help = sur téléphone : la couche d’avant
act-lanes = Couches
    .help = sur téléphone : toutes les couches en plein écran
act-maps = Couche
    .help = une couche, toutes ses cartes en grand
act-numbers = Mesures
    .help = les temps d’inférence côte à côte
act-calm = Calme
    .help = moins de mouvement : les valeurs apparaissent d’un coup
act-reach = À portée
    .help = ardoise et boutons dans la moitié basse, pour un enfant ou un fauteuil roulant
act-larger_text = Texte plus grand
    .help = texte plus grand, en deux pas, puis de nouveau le texte normal
act-high_contrast = Contraste élevé
    .help = blanc sur presque noir, aux contours épais
act-help = ?
    .help = cette liste
act-more = Plus
    .help = réseaux, pinceau, enregistrement, partage
act-close = Fermer
    .help = fermer ce qui est ouvert, ou désélectionner
act-language = Langue
    .help = parler la langue suivante

# A network of one's own.
own-refused = Impossible de prendre ces fichiers
own-trying = Essai sur des chiffres connus, pour savoir comment il les veut : { $percent } %
own-stop-trying = Le prendre tel quel
own-facts = { $layers ->
    [one] { $layers } couche
   *[other] { $layers } couches
  }, { $parameters } paramètres, { $classes } classes
own-nothing-assumed = Son fichier se décrit lui-même ; il n’a rien fallu supposer.
own-assumed = Ce qui a été compris de son fichier, et ce qu’il a fallu supposer :
own-better = Vous pouvez aussi déposer un fichier JSON qui le dit mieux, maintenant ou avec le réseau.
own-how = Un réseau à vous peut lire à côté de ces deux-là : un fichier .safetensors venu de PyTorch, Keras, Flax, burn ou tinygrad, avec des convolutions 2D, des couches linéaires, de la normalisation par lots et du pooling, à la suite, pour des images de 28 × 28. Ce que le fichier ne dit pas est essayé sur des chiffres connus.
own-drop-page = Déposez le fichier sur cette page, ou choisissez-le. Il reste sur cet ordinateur.
own-drop-window = Déposez le fichier sur cette fenêtre, ou lancez : mnistify --model FICHIER
own-description = Les poids ne disent pas tout. Un fichier JSON du même nom, à côté d’eux ou déposé avec eux, peut dire le reste ; chaque ligne est facultative :
own-choose = Choisir…
    .help = un fichier .safetensors, et son .json s’il en a un
own-remove = Le retirer
own-drop = Déposez votre réseau ici
own-many-pictures = Voici { $count } images ou dessins ; l’ardoise n’en prend qu’un à la fois
own-reading = Lecture de { $file }…
own-added = { $name } lit à côté des autres.
own-added-assumed = { $name } lit à côté des autres. Ce qu’il a fallu supposer : U
own-added-known = { $name } lit { $right } des { $of } chiffres connus. Ce qui a été découvert : U
own-added-poor = Attention : { $name } ne lit que { $right } des { $of } chiffres connus. Ce qui a été essayé et ce qui peut aider : U
own-many-networks = Voici { $count } réseaux : { $files }. Un seul à la fois peut prendre place à côté des autres ; déposez un fichier, et son .json s’il en a un
own-many-descriptions = Voici plusieurs descriptions : { $files }. Déposez celle qui va avec le réseau
own-more-files = et { $count ->
    [one] { $count } autre
   *[other] { $count } autres
  }
own-waiting = { $file } est gardé comme description d’un réseau : déposez maintenant le fichier .safetensors du réseau
own-no-file = Aucun fichier là-dedans

# What is found out about a network of one's own.
note-unused = Le fichier se décrit lui-même, la description jointe n’est donc pas utilisée.
note-and-more = { $names } et { $count } autres
note-order = Ordre : { $how }. { $names }.
note-order-said = comme la description les énumère
note-order-names = d’après leurs noms : numéros croissants, convolutions avant les couches denses
note-order-shapes = d’après leurs formes : chacune prend ce que donne la précédente
note-shortcuts = D’après leurs noms, { $addition } : { $blocks }.
note-added-before = raccourcis ajoutés avant l’activation
note-added-after = raccourcis ajoutés après l’activation
note-added-bare = raccourcis ajoutés sans activation
note-added-early = raccourcis ajoutés dans des blocs qui commencent par la normalisation et l’activation
note-added-early-raw = raccourcis ajoutés dans des blocs qui commencent par la normalisation et l’activation, leurs propres couches à côté de celles-ci
note-added-early-rest = raccourcis ajoutés dans des blocs qui commencent par la normalisation et l’activation, les couches de tous sauf le premier à côté de celles-ci
note-zeros-around = des zéros des deux côtés pour les cartes qui manquent à un raccourci
note-zeros-behind = des zéros à la fin pour les cartes qui manquent à un raccourci
note-shortcut-mean = raccourcis de moyennes 2×2
note-around = { $first } à { $last }
note-around-through = { $first } à { $last } par { $ways }
note-arranged-as-said = Convolutions, comme le dit la description : { $arrangement }.
note-arranged = Convolutions, le plus plausible qui convient exactement aux tailles : { $arrangement }.
note-as-plausible = Ce n’est pas la seule possibilité ({ $count } autres). La suivante, aussi plausible : { $arrangement }. Une description peut dire laquelle : padding, stride, pool.
note-less-plausible = Ce n’est pas la seule possibilité ({ $count } autres). La suivante, moins plausible : { $arrangement }. Une description peut dire laquelle : padding, stride, pool.
note-no-padding = { $name } sans bord
note-padding = { $name } bord { $padding }
note-stride = { $what } pas { $stride }
note-then-max = puis maximum de { $size }
note-then-mean = puis moyenne de { $size }
note-then-pool = puis réduction { $size }
note-activation-assumed = Activation : ReLU après chaque couche sauf la dernière, supposé ; les poids ne le disent pas (description : activation).
note-without-activation = Pas d’activation après { $names } : la numérotation n’en laisse pas la place.
note-pixels-assumed = Pixels : moyenne { $mean } et écart type { $std } de MNIST, supposé (description : normalisation ; mean 0 et std 1 pour des pixels simples entre 0 et 1).
note-classes-assumed = Classes : 0 à { $last }, supposé (description : classes).
note-epsilon-assumed = Normalisation par lot : epsilon { $epsilon }, supposé.
note-absent = Absents du fichier, donc des zéros (des uns pour une échelle) : { $names }.
note-reads = Lit { $right } chiffres connus sur { $of } : { $what } ; trouvé en essayant { $ways } façons sur { $first } autres chiffres.
note-classes-found = Classes : { $classes }, trouvé par essais.
note-warning = Attention : moins de neuf chiffres connus sur dix sont lus correctement, quelque chose de ce réseau n’est donc pas compris. Les meilleurs essais : { $ranking }. Une description peut en dire plus : activation, normalisation, padding, stride, pool, flatten, shortcuts, order, names.
note-ranked = { $right } sur { $of } avec { $what }
note-residual = Ses noms ressemblent à des blocs résiduels, mais quelles couches les raccourcis contournent n’a pas été compris ; ils sont donc laissés de côté.
note-pixels-mnist = pixels avec la moyenne et l’écart type de MNIST
note-pixels = pixels de { $from } à { $to }
note-pixels-inverted = pixels de { $paper } (papier) à 0 (encre)
note-pixels-said = pixels de moyenne { $mean } et d’écart type { $std }
note-no-activation = sans activation
note-leaky = leaky ReLU de { $slope }
note-max-pooling = réduction au maximum
note-mean-pooling = réduction à la moyenne
note-global-mean = la moyenne de chaque carte à la fin
note-far-edges = au pas de 2, bord plus large derrière que devant, comme dans TensorFlow
note-flattened = cartes mises à plat lieu par lieu (h, w, c)
note-transposed = images couchées

# What becomes of a drawing.
saved-drawing = Le dessin est enregistré sous { $file }.
saved-picture = L’image est enregistrée sous { $file }.
picture-failed = Impossible d’enregistrer l’image : { $reason }
picture-unwritten = Impossible d’écrire { $file } : { $reason }. Lancez l’application dans un autre dossier
shared-in-terminal = La commande qui rouvre ceci est dans le terminal.

# The guided tour: at most 25 words a step.
tour-start = Montrez-moi
tour-start-short = Visite
tour-leave = Sortir
tour-back = Retour
tour-next = Suite
tour-challenge = À vous !
tour-place = { $step } sur { $steps }
tour-numbers = Votre dessin devient 28 × 28 points. Pour l’ordinateur, ce ne sont que 784 nombres : combien d’encre, et où.
tour-window = Une petite fenêtre parcourt votre dessin. Partout, elle additionne ce qu’elle voit et demande : y a-t-il un bord comme le mien ?
tour-many = { $count } fenêtres comme celle-ci cherchent { $count } choses différentes. Touchez la carte qui brille le plus.
tour-coarser = Parmi des points voisins, seul le plus fort reste. Les cartes rapetissent, mais l’essentiel demeure.
tour-parts = Plus à droite, les fenêtres regardent des cartes, et non l’encre. Les bords deviennent des coins, les coins des boucles et des traits.
tour-vote = À la fin, on vote. Chaque partie parle pour certains chiffres et contre d’autres. Touchez un chiffre pour savoir pourquoi.
tour-neighbours = L’autre réseau ne connaît pas de voisins. Il voit les 784 points d’un coup et sait par cœur à quoi ressemblent les chiffres.
tour-doubt = À vous de les faire douter ! Dessinez quelque chose qui pourrait être deux chiffres, et regardez les barres.

# The exhibit, when nobody is there and when somebody left.
exhibit-invite = Tracez un chiffre du doigt
exhibit-invite-wall = Dessinez un chiffre sur la table
exhibit-still-there = Toujours là ?
exhibit-countdown = Tout recommence dans { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
  }
exhibit-stay = Je suis encore là

act-challenge = Défi
    .help = un défi, ou le suivant
act-start_over = Recommencer
    .help = tout comme au début
act-tour = Visite
    .help = une visite guidée en huit étapes, ou sa fin
act-tour_next = Suite
    .help = dans la visite : l’étape suivante
act-tour_back = Retour
    .help = dans la visite : l’étape d’avant

# Challenges.
challenge-disagree = Faites se contredire les réseaux : tracez ce que l’un lit comme un chiffre, et l’autre comme un autre.
challenge-ink = Un { $digit } avec le moins d’encre possible : combien de points suffisent aux deux ?
challenge-between = Juste entre { $low } et { $high } : tracez ce qui pourrait être les deux.
challenge-no-digit = Tracez ce qu’aucun réseau ne prend pour un chiffre, mais que votre voisin sait lire.
challenge-done = Réussi ! Pouvez-vous faire mieux ?
challenge-another = Un autre
challenge-dots = { $count } points d’encre
challenge-best = Les meilleurs
challenge-best-today = Les meilleurs du jour

# L'école, où les réseaux apprennent.
school-open = Les voir apprendre
school-before = Les deux réseaux savent lire. Faites-leur tout oublier, et regardez-les apprendre.
school-forgotten = Ils ne font que deviner. Laissez-les apprendre, et suivez leur réponse.
school-learning = Ils s'exercent sur { $count } chiffres. Dessinez donc, et suivez la réponse.
school-learning-own = Ils s'exercent sur { $count } chiffres et { $own } à vous. Dessinez donc.
school-software = Sans carte graphique rapide, un seul apprend.
school-paused = Ils s'arrêtent. Dessinez, touchez ce qui brille, ou laissez-les continuer.
school-stepped = Un pas : l'erreur est revenue, et chaque couche a changé de tant de pour cent.
school-over-unmoved = Terminé ! Lisent-ils votre chiffre déplacé ? Regardez les résultats.
school-over-few = Terminé ! Si peu d'exemples apprennent peu. Donnez-en plus et comparez.
school-over = Terminé ! Changez une chose, par exemple 10 exemples. Qu'est-ce qui empire ?
school-yours = Touchez ce que vous avez dessiné : un chiffre sur huit qu'ils voient sera à vous.
school-yours-some = À vous : { $count }, un chiffre sur huit qu'ils voient. Aucun n'est conservé.
school-yours-blank = Dessinez d'abord un chiffre, puis dites lequel c'est.
school-waiting = Les chiffres à apprendre arrivent.
school-refused = Cette carte graphique ne permet pas d'apprendre : { $reason }
school-forget = Tout oublier
school-forget-short = Oublier
school-safe = Ils retrouvent tout quand vous fermez.
school-then-forget = Ils oublient tout
school-then-learn = Ils apprennent, 20 secondes
school-then-change = Vous changez une chose et comparez
school-learn = Apprendre
school-pause = Pause
school-again = Réapprendre
school-step = Un pas
school-restore = Retrouver
school-close = Fermer
school-examples = Exemples
    .help = Avec peu d'exemples, ils apprennent par cœur : ceux-là, ils les savent, les autres, ils ne les comprennent pas.
school-examples-own = Exemples + { $count } à vous
school-moved = Copies déplacées
    .help = Chaque chiffre est vu ailleurs à chaque fois. Qui ne les a vus qu'au milieu échoue à côté.
school-wrong = Faux noms
    .help = On leur dit quelque chose de faux sur tant de chiffres. Ils le croient, et trouvent souvent la vérité.
school-pace = Rythme
    .help = Un pas par seconde, une leçon en vingt secondes, ou tout ce que peut la carte graphique.
school-page-lesson = Leçon
school-page-change = Changer
school-page-network = Réseau
school-page-results = Résultats
school-change = Changez une chose, laissez-les apprendre, et comparez.
school-hidden = MLP : neurones
    .help = De chacune de ses deux couches cachées. Combien suffisent ?
school-channels = CNN : cartes
    .help = De ses premières couches ; les suivantes en ont le double.
school-activation = Activation
    .help = Ce qu'un neurone fait de sa somme. SiLU est douce, ReLU coupe.
school-optimizer = Optimiseur
    .help = Comment les poids suivent leur erreur : chacun à son rythme, ou tous pareils avec élan.
school-batch = Lot
    .help = Images regardées avant que les poids changent.
school-rate = Taux
    .help = De combien les poids bougent à chaque pas. Trop petit est lent, trop grand fait oublier.
school-on = oui
school-off = non
school-slow = lent
school-steady = 20 s
school-full = plein
school-unseen = de chiffres jamais vus
school-unseen-of = bien lus, de { $count } chiffres jamais vus
school-curve = % bien lus
school-images = { $count } images vues
school-film = Ils apprennent de :
school-wobble = Votre dessin, déplacé jusqu'à 5 points
school-wobble-blank = Dessinez un chiffre pour le voir lu déplacé
school-wobble-same = toujours lu { $digit }
school-wobble-same-each = lu pareil
school-wobble-other = lu autrement
school-wobble-here = où il est
school-this-is = C'est le chiffre { $digit }
school-take-back = Enlever le dernier
school-forget-mine = Enlever tous
school-keep = Garder
    .help = Le meilleur des deux : à côté des réseaux d'avant, ou dans un fichier.
school-save = Enregistrer
school-loss = erreur : moins, c'est mieux
school-results = Leçons
school-results-none = Ici, chaque leçon laisse son résultat, pour comparer.
school-not-moved = non déplacés
school-false = faux
saved-network = Ce qui a été appris est enregistré dans { $file }. Déposez-le sur la fenêtre pour le revoir.
act-school = Les voir apprendre
    .help = les deux réseaux oublient tout et réapprennent, ou la fin de cela
act-forget = Tout oublier
    .help = à l'école : les deux réseaux ne savent plus rien
act-learn = Apprendre
    .help = à l'école : apprendre, ou s'arrêter
act-one_step = Un pas
    .help = à l'école : un seul pas, et comment son erreur revient
act-restore = Les retrouver
    .help = à l'école : les réseaux d'avant sont de retour
act-own_digits = Vos chiffres
    .help = à l'école : dire ce que vous avez dessiné, par un chiffre et sa touche, pour qu'ils en apprennent aussi
