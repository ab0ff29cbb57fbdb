// @ts-check
// What files the page takes: how large they may be, and their bytes. Rust says what is in them.

import { phrase } from "mnistify/words";

/** As much as the program reads as a network. */
export const MAX_NETWORK_BYTES = 512 << 20;
/** Descriptions above this are something else. */
export const MAX_DESCRIPTION_BYTES = 64 << 10;
/** No recording is larger; see the app's own limit. */
export const MAX_RECORDING_BYTES = 8 << 20;
/** So much of a file tells the program a drawing from a description. */
const BEGINNING = 4096;
/** The same limits of pictures as the program has, which reads only what the browser made of them. */
const MAX_PICTURE_BYTES = 64 << 20;
const MAX_SIDE = 8192;
const MAX_PIXELS = 40_000_000;
/** A picture tells its size within so many bytes; in a photo the notes on the camera come first. */
const HEAD_BYTES = 1 << 20;

/**
 * Throws where something is larger than it may be; `what` is the key of what it would be then, such as "a-network".
 * @param {import("mnistify/words").Saying} name
 * @param {number} bytes
 * @param {number} most
 * @param {string} what
 */
export function checkSize(name, bytes, most, what) {
  if (bytes <= most) return;
  throw new Error(String(phrase("file-too-large", { name, bytes: String(bytes), most: String(most), what: phrase(what) })));
}

/**
 * The bytes of files, each as {name, bytes}; throws what people should know. Nothing is read before all sizes are known.
 * @param {File[]} files
 */
export async function readFiles(files) {
  let all = 0;
  for (const { name, size } of files) {
    const described = /\.json$/i.test(name);
    checkSize(name, size, described ? MAX_RECORDING_BYTES : MAX_NETWORK_BYTES, described ? "a-drawing" : "a-network");
    all += size;
  }
  checkSize(phrase("these-files", { count: files.length }), all, MAX_NETWORK_BYTES + MAX_RECORDING_BYTES, "a-network-and-description");
  for (const file of files) await checkContent(file);
  return Promise.all(
    files.map(async (file) => {
      try {
        const known = await asPng(file);
        return { name: file.name, bytes: new Uint8Array(await known.arrayBuffer()) };
      } catch (error) {
        throw new Error(String(phrase("file-unreadable", { name: file.name, reason: error.message })));
      }
    }),
  );
}

/** Pixels along a picture's longer side; more tell nothing about a digit. */
const MOST_PIXELS = 2048;

/** What pictures begin with, whatever their names: PNG, JPEG, WebP. */
const BEGINNINGS = [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF[^]{4}WEBP/];

/** @param {ArrayBuffer} head */
const isPictureHead = (head) => BEGINNINGS.some((beginning) => beginning.test(String.fromCharCode(...new Uint8Array(head, 0, Math.min(12, head.byteLength)))));

/**
 * A picture as PNG, not larger than needed: the browser decodes what the program cannot, and no broken picture reaches it.
 * Anything else as it is.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function asPng(file) {
  if (!isPictureHead(await file.slice(0, 12).arrayBuffer())) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return png ?? file;
  } catch {
    // Rust says what is wrong with it.
    return file;
  }
}

/**
 * Throws where a description, or a picture of whatever name, is larger than it may be: a small file can be a huge picture.
 * @param {File} file
 */
async function checkContent(file) {
  const { name, size } = file;
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer().catch(() => null);
  // Reading all of it will say why not.
  if (head === null) return;
  if (isPictureHead(head)) {
    checkSize(name, size, MAX_PICTURE_BYTES, "a-picture");
    const [width, height] = sizeIn(new DataView(head));
    if (Math.max(width, height) <= MAX_SIDE && width * height <= MAX_PIXELS) return;
    throw new Error(String(phrase("picture-too-large", { name, width: String(width), height: String(height) })));
  }
  const isDrawing = () => new TextDecoder().decode(head.slice(0, BEGINNING)).includes('"strokes"');
  if (/\.json$/i.test(name) && size > MAX_DESCRIPTION_BYTES && !isDrawing()) checkSize(name, size, MAX_DESCRIPTION_BYTES, "a-description");
}

/**
 * The width and the height that a PNG, a JPEG or a WebP picture begins with; zeros where they cannot be found.
 * @param {DataView} head
 */
function sizeIn(head) {
  const byte = (at) => head.getUint8(at);
  try {
    if (byte(0) === 0x89) return [head.getUint32(16), head.getUint32(20)];
    if (byte(0) !== 0xff) {
      // The fourth letter of WebP's first chunk: VP8X, VP8L, or VP8 and a space.
      const kind = String.fromCharCode(byte(15));
      if (kind === "X") return [24, 27].map((at) => 1 + byte(at) + 256 * head.getUint16(at + 1, true));
      const sides = head.getUint32(21, true);
      if (kind === "L") return [1 + (sides & 0x3fff), 1 + ((sides >> 14) & 0x3fff)];
      return [head.getUint16(26, true) & 0x3fff, head.getUint16(28, true) & 0x3fff];
    }
    // JPEG: segments with their lengths, until that of a frame. C4, C8 and CC are none.
    for (let at = 2; byte(at) === 0xff; ) {
      const kind = byte(at + 1);
      if (kind >= 0xc0 && kind < 0xd0 && ![0xc4, 0xc8, 0xcc].includes(kind)) return [head.getUint16(at + 7), head.getUint16(at + 5)];
      // More of the same byte may stand in between.
      at += kind === 0xff ? 1 : 2 + head.getUint16(at + 2);
    }
  } catch {
    // It ends before.
  }
  return [0, 0];
}

/** @param {File} file */
export const isPicture = ({ type }) => type.startsWith("image/");

/**
 * The files on a clipboard. Browsers give a pasted picture names of their own.
 * @param {DataTransfer | null} clipboard
 */
export function pastedFiles(clipboard) {
  return [...(clipboard?.files ?? [])].map((file) => (isPicture(file) ? new File([file], "pasted.png", { type: file.type }) : file));
}
