# What people read. Plain words first; where a technical term stands beside them, it is the field's.

app-name = Mnistify

# The headline: what the networks say together.
headline-blank = Dibuja un dígito
headline-reads = { $count ->
    [one] { $network } lee
    [2] Dos redes leen
    [3] Tres redes leen
   *[other] Todas las redes leen
  } un { $digit }
headline-slow = Despacio, capa por capa …
headline-differ = No están de acuerdo
headline-torn = ¿{ $first } { $second ->
    [8] u
   *[other] o
  } { $second }? { $count ->
    [one] La red duda
   *[other] Las redes dudan
  }
headline-refused = { $count ->
    [one] La red no ve aquí ningún dígito
   *[other] Las redes no ven aquí ningún dígito
  }
headline-because = { $told }: { $reason }
headline-one-refuses = Solo { $network } ve un dígito

# Why nothing is read, where that is known.
why-faint = el trazo es muy corto
why-several = hay varias formas

# Certainty, under the answer.
sure = seguro
probably = probable
not-sure = dudoso
percent = { $percent } %

# The pad.
pad-hint = Dibuja aquí un dígito
pad-hint-example = Ahora dibuja aquí el tuyo
plate-caption = centrado, reducido a 28×28
plate-caption-raw = reducido a 28×28

# Controls at rest.
draw = Dibujar
erase = Borrar
undo = Deshacer
redo = Rehacer
clear = Limpiar
networks-all = { $count ->
    [2] Ambas
   *[other] Las { $count }
  }
answer-here = Aquí llega la respuesta
explain = Explicar
explain-short = ¿Por qué?
explain-why = ¿Por qué un { $digit }?
explain-either = ¿{ $first } { $second ->
    [8] u
   *[other] o
  } { $second }?
more = Más
close = Cerrar
ok = OK

# Who the networks are, in a few words.
who-windows = desliza ventanitas
who-all = mira todos los puntos a la vez
who-yours = { $who } · la tuya
who-known = la tuya · lee { $right } de { $of } dígitos conocidos
who-poor = cuidado: lee solo { $right } de { $of } dígitos conocidos

# Stages. The long words are used where there is room.
stage-edges-many = { $count } buscabordes
stage-edges = buscabordes
stage-edges-short = bordes
stage-corners-many = { $count } esquinas y curvas
stage-corners = esquinas y curvas
stage-corners-short = esquinas
stage-strokes = trazos
stage-parts = partes de dígitos
stage-parts-short = partes
stage-shapes = formas enteras
stage-shapes-short = formas
stage-gist = la esencia
stage-gist-short = esencia
stage-coarser = copias reducidas
stage-coarser-short = reducido
stage-even = igualado
stage-even-short = igualado
stage-shortcut = un atajo
stage-shortcut-short = atajo
stage-added = { $stage } + atajo
stage-detectors = { $count } detectores de imagen entera
stage-detectors-short = { $count } detectores
stage-mixers = { $count } mezclas
stage-mixers-short = mezcla
portraits-long = lo que buscan
portraits = buscan
stage-more = { $count } más
stage-hidden = +{ $count }
stage-strongest = sus { $count } más fuertes · { $technical }

# The foot of the window.
legend-negative = negativo
legend-positive = positivo
time-of = { $network } { $millis } ms

# The explanation.
explain-title-conv = Una ventana, un punto
explain-body-conv = { $count } valores × { $count } pesos, sumados y curvados: un punto de este mapa de { $kind }
explain-title-pool = Solo queda el más fuerte
explain-title-mean = Solo queda la media
explain-body-mean = De { $count } vecinos, sigue la media
explain-body-pool = De { $count } vecinos, sigue el valor más alto
explain-title-dense = Una neurona lo mira todo
explain-body-dense = { $count } valores × { $count } pesos, sumados, dan un solo valor
explain-skipped = Un atajo suma { $value } de una etapa anterior
explain-title-output = Por qué { $network } ve un { $digit }
explain-body-output = Las { $listed } razones más fuertes de { $count }, a favor y en contra
explain-body-output-maps = Los { $listed } mapas más fuertes de { $count }, a favor y en contra
explain-other = ¿Y { $network }?
why-tab-reasons = Razones
why-tab-alike = Dígitos parecidos
why-tab-strokes = Tus trazos
strokes-parts = Las partes naranjas hablan a favor de un { $digit }, las azules en contra.
strokes-limit = Se averigua quitando partes, solas y juntas; otra red puede pesarlas de otro modo.
strokes-river = lo que pensaba mientras dibujabas
strokes-changed = aquí pasa de { $before } a { $digit }
strokes-then = En este momento dice { $digit }: { $percent } %
strokes-drag = arrastra para volver atrás
strokes-seconds = { $seconds } s
strokes-wait = Tu dibujo se lee trozo a trozo …
strokes-live = Lee mientras dibujas. Levanta el lápiz y verás qué hace cada parte de tu trazo.
strokes-blank = Dibuja primero un dígito; entonces verás qué hizo cada uno de tus trazos.
strokes-picture = En el lienzo hay una imagen. Solo se pueden seguir trazos que dibujes tú.
alike-meant = Los más parecidos al tuyo:
alike-yours = el tuyo
alike-digit = una persona escribió un { $digit }
alike-take = Pulsa para ponerlo en la pizarra
alike-to-network = Para esta red
alike-to-pixels = Píxel a píxel
alike-foot-network = De { $count } dígitos de entrenamiento, estos son para { $network } los más parecidos al tuyo. No es raro que coincidan con ella; compara píxel a píxel.
alike-foot-pixels = Punto por punto estos son los más parecidos de { $count } dígitos de entrenamiento. No se preguntó a ninguna red.
alike-reading = { $network } lee primero, una sola vez, los dígitos de entrenamiento: { $percent } %
alike-coming = Los dígitos de entrenamiento están en camino.
alike-missing = Los dígitos de entrenamiento no llegaron. { $reason }
alike-learning = Mientras la red aprende, lo que se le parece cambia a cada instante. Deja que se detenga, o compara píxel a píxel.
alike-blank = Dibuja un dígito y mira quién dibujó algo parecido.
explain-title-input = Un punto de tu dibujo
explain-body-input = { $pixel } de tinta se vuelve { $value }
slot-window = la ventana
slot-drawing = tu dibujo
slot-dark = oscuro = { $value }
slot-weights = sus pesos
slot-looks-for = lo que busca
slot-products = productos
slot-bend = curvado: { $activation }
slot-map = su mapa
slot-layer = su capa
slot-before = antes
slot-after = después
slot-largest = máximo
slot-mean = media
in-out = suma { $in }, curvada a { $out }
sum-of = suma { $sum }
term-map = mapa { $number }
term-neuron = neurona { $number }
others = otras { $count }
bias = inicio fijo
skipped = por un atajo
play = Iniciar
pause = Pausa
step = Paso
fly = Volar allí

# More.
more-title = Más
more-drawing = Dibujo
more-brush = Pincel
more-view = Vista
edges-count = { $count } más fuertes

# Numbers.
numbers-title = Tiempo de inferencia
numbers-explained = Cuánto tardaron las últimas lecturas: la mitad, como mucho el primer número; el 95 %, como mucho el segundo. Milisegundos.
numbers-network = red
numbers-encode = para enviar
numbers-encode-help = Tiempo de CPU para codificar la propagación hacia delante y enviarla
numbers-result = para responder
numbers-result-help = Desde el principio hasta que los logits vuelven a la CPU
numbers-gpu = en la GPU
numbers-gpu-help = Según las marcas de tiempo de la propia GPU, si las tiene
numbers-device = Todo se ejecuta en { $adapter }
numbers-on-cpu = { $network } se ejecuta en la CPU: { $reason }
numbers-checking = Comprobando { $adapter }…
numbers-none = Todo se ejecuta en la CPU, porque no hay GPU

# Maps and keys.
layer-before = Capa anterior
layer-after = Capa siguiente
layer-close = Todas las capas
layer-says-edges = Cada mapa es una ventanita que se desliza por tu dibujo: naranja donde encuentra su borde, azul donde encuentra lo contrario.
layer-says-maps = Cada mapa mezcla todos los de la capa anterior y brilla donde encuentra lo que busca.
layer-says-pool = De unos pocos vecinos solo queda el más fuerte: los mapas se encogen y lo importante queda.
layer-says-detectors = Cada cuadrado es una neurona: pesa cada punto de tu dibujo y los suma.
layer-says-mixers = Cada cuadrado es una neurona: pesa todos los valores de la capa anterior y los suma.
layer-touch = Toca un punto para ver su suma.
layer-filters = cuadritos: los filtros
keys-title = Teclas
keys-mouse = Arrastra para girar, con Shift o el botón derecho para mover; rueda o pellizco para acercar; un clic explica, un doble clic vuela hasta allí.

# What can be done: what stands on the control, and what it does.
act-draw = Dibujar
    .help = dibujar
act-erase = Borrar
    .help = borrar
act-thinner = Más fino
    .help = pincel más fino
act-wider = Más grueso
    .help = pincel más grueso
act-undo = Deshacer
    .help = deshacer
act-redo = Rehacer
    .help = rehacer
act-clear = Limpiar
    .help = limpiar todo
act-prepare = Centrar y escalar, como MNIST
    .help = preparar como MNIST (escalar a 20×20, centrar por masa), sí o no
act-replay = Repetir
    .help = ver cómo se hizo el dibujo
act-save = Guardar
    .help = guardar el dibujo
act-load = Cargar
    .help = cargar el dibujo guardado
act-picture = Imagen
    .help = guardar todo esto como imagen
act-share = Compartir
    .help = compartir un enlace (en la aplicación nativa, el comando que lo abre, en la terminal)
act-every_frame = cada fotograma
    .help = leer en cada fotograma, aunque nada haya cambiado, sí o no
act-all = Todas
    .help = todas las redes
act-mlp = MLP
    .help = solo el MLP
act-cnn = CNN
    .help = solo la CNN
act-own = La tuya
    .help = solo tu red
act-network = Tu red
    .help = hacer que una red tuya lea junto a estas, o quitarla
act-overview = Inicio
    .help = inicio: la vista del principio
act-top = Arriba
    .help = desde arriba
act-side = Lado
    .help = desde un lado
act-left = Izquierda
    .help = girar la cámara, o elegir la celda de la izquierda
act-right = Derecha
    .help = girar la cámara, o elegir la celda de la derecha
act-up = Subir
    .help = girar la cámara, o elegir la celda de arriba
act-down = Bajar
    .help = girar la cámara, o elegir la celda de abajo
act-nearer = Acercar
    .help = más cerca
act-further = Alejar
    .help = más lejos
act-next_map = Mapa siguiente
    .help = la misma celda del mapa siguiente
act-previous_map = Mapa anterior
    .help = la misma celda del mapa anterior
act-slow = Cámara lenta
    .help = detener la propagación hacia delante en cualquier capa
act-edges = Líneas
    .help = lo que más contribuye a la respuesta o a la celda elegida, sí o no
act-fewer_edges = Menos líneas
    .help = menos líneas
act-more_edges = Más líneas
    .help = más líneas
act-explain = Explicar
    .help = por qué esta respuesta: las razones más fuertes, y la vuelta
act-why_page = Página siguiente
    .help = en una respuesta explicada: la página siguiente de la explicación; en la escuela: la página siguiente
act-slide = Iniciar
    .help = deslizar la ventana sobre el mapa explicado
act-next_layer = Capa siguiente
    .help = en el teléfono: la capa siguiente
act-previous_layer = Capa anterior
    .help = en el teléfono: la capa anterior
act-lanes = Capas
    .help = en el teléfono: todas las capas en toda la pantalla
act-maps = Capa
    .help = una capa, todos sus mapas en grande
act-numbers = Números
    .help = tiempos de inferencia, uno junto a otro
act-calm = Calma
    .help = menos movimiento: los valores aparecen de golpe
act-reach = Al alcance
    .help = pizarra y botones en la mitad inferior, para un niño o una silla de ruedas
act-larger_text = Texto más grande
    .help = texto más grande, en dos pasos, y luego otra vez el normal
act-high_contrast = Alto contraste
    .help = blanco sobre casi negro, con contornos gruesos
act-help = ?
    .help = esta lista
act-more = Más
    .help = redes, pincel, guardar, compartir
act-close = Cerrar
    .help = cerrar lo que está abierto, o quitar la selección
act-language = Idioma
    .help = hablar el siguiente idioma

# A network of one's own.
own-refused = No se pueden aceptar estos archivos
own-trying = Probando con dígitos conocidos cómo los quiere: { $percent } %
own-stop-trying = Tomarla tal cual
own-facts = { $layers ->
    [one] { $layers } capa
   *[other] { $layers } capas
  }, { $parameters } parámetros, { $classes } clases
own-nothing-assumed = Su archivo se describe solo; no hubo que suponer nada.
own-assumed = Lo que se entendió de su archivo y lo que hubo que suponer:
own-better = También puedes soltar un archivo JSON que lo diga mejor, ahora o junto con la red.
own-how = Una red tuya puede leer junto a estas dos: un archivo .safetensors de PyTorch, Keras, Flax, burn o tinygrad, con convoluciones 2D, capas lineales, normalización por lotes y pooling, una cosa tras otra, para imágenes de 28 × 28. Lo que el archivo no dice se prueba con dígitos conocidos.
own-drop-page = Suelta el archivo en esta página o elígelo. No sale de este equipo.
own-drop-window = Suelta el archivo en esta ventana o inicia con: mnistify --model ARCHIVO
own-description = Los pesos no lo dicen todo. Un archivo JSON con el mismo nombre, a su lado o soltado con ellos, puede decir el resto; cualquier línea puede faltar:
own-choose = Elegir archivos…
    .help = un archivo .safetensors, y su .json si lo tiene
own-remove = Quitarla
own-drop = Suelta aquí tu red
own-many-pictures = Son { $count } imágenes o dibujos; el lienzo acepta uno cada vez
own-reading = Leyendo { $file }…
own-added = { $name } lee junto a las demás.
own-added-assumed = { $name } lee junto a las demás. Lo que hubo que suponer: U
own-added-known = { $name } lee { $right } de { $of } dígitos conocidos. Lo que se descubrió: U
own-added-poor = Cuidado: { $name } lee solo { $right } de { $of } dígitos conocidos. Lo que se probó y lo que puede ayudar: U
own-many-networks = Son { $count } redes: { $files }. Solo una a la vez puede estar junto a las demás; suelta un archivo, y su .json si lo tiene
own-many-descriptions = Son varias descripciones: { $files }. Suelta la que corresponde a la red
own-more-files = y { $count } más
own-waiting = { $file } queda guardado como descripción de una red: ahora suelta el archivo .safetensors de la red
own-no-file = No hay ningún archivo

# What is found out about a network of one's own.
note-unused = El archivo se describe a sí mismo, así que no se usa la descripción que lo acompaña.
note-and-more = { $names } y { $count } más
note-order = Orden: { $how }. { $names }.
note-order-said = como los enumera la descripción
note-order-names = por sus nombres: números en orden, convoluciones antes que capas densas
note-order-shapes = por sus formas: cada una toma lo que da la anterior
note-shortcuts = Por sus nombres, { $addition }: { $blocks }.
note-added-before = atajos sumados antes de la activación
note-added-after = atajos sumados después de la activación
note-added-bare = atajos sumados sin activación
note-added-early = atajos sumados en bloques que empiezan con la normalización y la activación
note-added-early-raw = atajos sumados en bloques que empiezan con la normalización y la activación, con sus propias capas al lado de estas
note-added-early-rest = atajos sumados en bloques que empiezan con la normalización y la activación, con las capas de todos menos el primero al lado de estas
note-zeros-around = ceros a ambos lados para los mapas que le faltan a un atajo
note-zeros-behind = ceros al final para los mapas que le faltan a un atajo
note-shortcut-mean = atajos de medias de 2×2
note-around = { $first } a { $last }
note-around-through = { $first } a { $last } por { $ways }
note-arranged-as-said = Convoluciones, como dice la descripción: { $arrangement }.
note-arranged = Convoluciones, lo más plausible que encaja exactamente con los tamaños: { $arrangement }.
note-as-plausible = No es lo único que encaja ({ $count } más). Lo siguiente, igual de plausible: { $arrangement }. Una descripción puede decir cuál: padding, stride, pool.
note-less-plausible = No es lo único que encaja ({ $count } más). Lo siguiente, menos plausible: { $arrangement }. Una descripción puede decir cuál: padding, stride, pool.
note-no-padding = { $name } sin relleno
note-padding = { $name } relleno { $padding }
note-stride = { $what } paso { $stride }
note-then-max = luego máximo de { $size }
note-then-mean = luego media de { $size }
note-then-pool = luego reducción de { $size }
note-activation-assumed = Activación: ReLU tras cada capa menos la última, supuesto; los pesos no lo dicen (descripción: activation).
note-without-activation = Sin activación tras { $names }: la numeración no deja sitio para ninguna.
note-pixels-assumed = Píxeles: media { $mean } y desviación típica { $std } de MNIST, supuesto (descripción: normalisation; mean 0 y std 1 para píxeles simples entre 0 y 1).
note-classes-assumed = Clases: 0 a { $last }, supuesto (descripción: classes).
note-epsilon-assumed = Normalización por lotes: épsilon { $epsilon }, supuesto.
note-absent = No están en el archivo, así que ceros (unos para una escala): { $names }.
note-reads = Lee { $right } de { $of } cifras conocidas: { $what }; hallado probando { $ways } maneras con otras { $first } cifras.
note-classes-found = Clases: { $classes }, hallado probando.
note-warning = Atención: se leen bien menos de nueve de cada diez cifras conocidas, así que algo de esta red no se entiende. Lo mejor que se probó: { $ranking }. Una descripción puede decir más: activation, normalisation, padding, stride, pool, flatten, shortcuts, order, names.
note-ranked = { $right } de { $of } con { $what }
note-residual = Sus nombres parecen bloques residuales, pero no se entiende qué capas rodean los atajos, así que se omiten.
note-pixels-mnist = píxeles con la media y la desviación típica de MNIST
note-pixels = píxeles de { $from } a { $to }
note-pixels-inverted = píxeles de { $paper } (papel) a 0 (tinta)
note-pixels-said = píxeles con media { $mean } y desviación típica { $std }
note-no-activation = sin activación
note-leaky = leaky ReLU de { $slope }
note-max-pooling = reducción al máximo
note-mean-pooling = reducción a la media
note-global-mean = la media de cada mapa al final
note-far-edges = con paso 2, más relleno detrás que delante, como en TensorFlow
note-flattened = mapas aplanados lugar por lugar (h, w, c)
note-transposed = imágenes tumbadas

# What becomes of a drawing.
saved-drawing = El dibujo está guardado como { $file }.
saved-picture = La imagen está guardada como { $file }.
picture-failed = No se puede guardar la imagen: { $reason }
picture-unwritten = No se puede escribir { $file }: { $reason }. Inicia la aplicación en otra carpeta
shared-in-terminal = El comando que vuelve a abrir esto está en la terminal.

# The guided tour: at most 25 words a step.
tour-start = Enséñame
tour-start-short = Guía
tour-leave = Salir
tour-back = Atrás
tour-next = Seguir
tour-challenge = ¡Inténtalo!
tour-place = { $step } de { $steps }
tour-numbers = Tu dibujo se convierte en 28 × 28 puntos. Para la máquina son solo 784 números: cuánta tinta hay y dónde.
tour-window = Una ventanita recorre tu dibujo. En cada lugar suma lo que ve y pregunta: ¿hay un borde como el mío?
tour-many = { $count } ventanas así buscan { $count } cosas distintas. Toca el mapa que más brilla.
tour-coarser = De los puntos vecinos solo queda el más fuerte. Los mapas se encogen, pero lo importante queda.
tour-parts = Más a la derecha, las ventanas miran mapas, no tinta. Los bordes se vuelven esquinas; las esquinas, bucles y trazos.
tour-vote = Al final se vota. Cada parte habla a favor de unos dígitos y en contra de otros. Toca un dígito para ver por qué.
tour-neighbours = La otra red no sabe de vecinos. Mira los 784 puntos a la vez y sabe de memoria cómo son los dígitos.
tour-doubt = ¡Ahora hazlas dudar! Dibuja algo que pueda ser dos dígitos y mira las barras.

# The exhibit, when nobody is there and when somebody left.
exhibit-invite = Dibuja un dígito con el dedo
exhibit-invite-wall = Dibuja una cifra en la mesa
exhibit-still-there = ¿Sigues ahí?
exhibit-countdown = { $seconds ->
    [one] Vuelve a empezar en un segundo
   *[other] Vuelve a empezar en { $seconds } segundos
  }
exhibit-stay = Sigo aquí

act-challenge = Reto
    .help = un reto, o el siguiente
act-start_over = Reiniciar
    .help = todo como al principio
act-tour = Visita
    .help = una visita guiada en ocho pasos, o su final
act-tour_next = Seguir
    .help = en la visita: el paso siguiente
act-tour_back = Atrás
    .help = en la visita: el paso anterior

# Challenges.
challenge-disagree = Haz que las redes discutan: dibuja algo que cada una lea como un dígito distinto.
challenge-ink = Un { $digit } con la menor tinta posible: ¿cuántos puntos les bastan a las dos?
challenge-between = Justo entre { $low } y { $high }: dibuja lo que podría ser ambos.
challenge-no-digit = Dibuja lo que ninguna red tome por un dígito, pero tu amigo pueda leer.
challenge-done = ¡Conseguido! ¿Puedes hacerlo mejor?
challenge-another = Otro
challenge-dots = { $count } puntos de tinta
challenge-best = Los mejores
challenge-best-today = Los mejores de hoy

# La escuela, donde aprenden las redes.
school-open = Verlas aprender
school-before = Las dos redes saben leer. Haz que lo olviden todo y mira cómo aprenden.
school-forgotten = Ahora solo adivinan. Deja que aprendan y mira qué dicen de tu cifra.
school-learning = Practican con { $count } cifras. Dibuja mientras y mira la respuesta.
school-learning-own = Practican con { $count } cifras y { $own } tuyas. Dibuja mientras.
school-software = Sin gráfica rápida, solo aprende una.
school-paused = Están quietas. Dibuja, toca lo que brilla o deja que sigan aprendiendo.
school-stepped = Un paso: el error volvió, y cada capa cambió en ese porcentaje.
school-over-unmoved = ¡Listo! ¿Leen tu cifra si se mueve? Mira los resultados.
school-over-few = ¡Listo! Tan pocos ejemplos enseñan poco. Dales más y compara.
school-over = ¡Listo! Cambia una cosa, por ejemplo solo 10 ejemplos. ¿Qué empeora?
school-yours = Toca lo que has dibujado: una de cada ocho cifras que ven será tuya.
school-yours-some = Tuyas: { $count }, una de cada ocho cifras que ven. Ninguna se guarda.
school-yours-blank = Dibuja primero una cifra y luego di cuál es.
school-waiting = Las cifras para aprender están en camino.
school-refused = En esta tarjeta gráfica no pueden aprender: { $reason }
school-forget = Olvidar todo
school-forget-short = Olvidar
school-safe = Lo recuperan todo cuando cierras.
school-then-forget = Lo olvidan todo
school-then-learn = Aprenden, 20 segundos
school-then-change = Cambias una cosa y comparas
school-learn = Aprender
school-pause = Pausa
school-again = Reaprender
school-step = Un paso
school-restore = Recuperar
school-close = Cerrar
school-examples = Ejemplos
    .help = Con pocos ejemplos aprenden de memoria: esos los saben, y los demás no los entienden.
school-examples-own = Ejemplos + { $count } tuyos
school-moved = Copias movidas
    .help = Cada cifra se ve cada vez en otro sitio. Quien solo las ha visto en el centro falla al lado.
school-wrong = Nombres falsos
    .help = De tantas cifras les dicen algo falso. Lo creen, y a menudo encuentran la verdad.
school-pace = Ritmo
    .help = Un paso por segundo, una lección en veinte segundos, o todo lo que puede la gráfica.
school-page-lesson = Lección
school-page-change = Cambiar
school-page-network = Red
school-page-results = Resultados
school-change = Cambia una cosa, deja que aprendan y compara.
school-hidden = MLP: neuronas
    .help = De cada una de sus dos capas ocultas. ¿Cuántas bastan?
school-channels = CNN: mapas
    .help = De sus primeras capas; las siguientes tienen el doble.
school-activation = Activación
    .help = Lo que una neurona hace con su suma. SiLU es suave, ReLU corta.
school-optimizer = Optimizador
    .help = Cómo siguen los pesos a su error: cada uno a su ritmo, o todos igual con impulso.
school-batch = Lote
    .help = Imágenes que se miran antes de que cambien los pesos.
school-rate = Tasa de aprendizaje
    .help = Cuánto se mueven los pesos en un paso. Muy poca es lenta, demasiada hace olvidar.
school-on = sí
school-off = no
school-slow = lento
school-steady = 20 s
school-full = máximo
school-unseen = de cifras nunca vistas
school-unseen-of = bien leídas, de { $count } cifras nunca vistas
school-curve = % bien leídas
school-images = { $count } imágenes
school-film = Aprenden de:
school-wobble = Tu dibujo, movido hasta 5 puntos
school-wobble-blank = Dibuja una cifra para ver cómo se lee movida
school-wobble-same = aún leído como { $digit }
school-wobble-same-each = leído igual
school-wobble-other = otra cifra
school-wobble-here = donde está
school-this-is = Es la cifra { $digit }
school-take-back = Quitar la última
school-forget-mine = Quitar todas
school-keep = Quedársela
    .help = La mejor de las dos: junto a las redes de antes, o como archivo.
school-save = Guardar
school-loss = error: menos es mejor
school-results = Lecciones
school-results-none = Aquí cada lección deja su resultado, para comparar.
school-not-moved = sin mover
school-false = falsos
saved-network = Lo aprendido se ha guardado en { $file }. Suéltalo en la ventana para verlo de nuevo.
act-school = Verlas aprender
    .help = las dos redes lo olvidan todo y aprenden de nuevo, o el final de eso
act-forget = Olvidar todo
    .help = en la escuela: las dos redes ya no saben nada
act-learn = Aprender
    .help = en la escuela: aprender, o estar quietas
act-one_step = Un paso
    .help = en la escuela: un solo paso, y cómo vuelve su error
act-restore = Recuperarlas
    .help = en la escuela: vuelven las redes de antes
act-own_digits = Tus cifras
    .help = en la escuela: decir qué has dibujado, con una cifra y su tecla, para que también aprendan de ello
