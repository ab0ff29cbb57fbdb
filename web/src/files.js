// @ts-check
// What files the page takes: how large they may be, and their bytes. Rust says what is in them.

import { phrase } from "mnistify/words";

/** As much as the program reads as a network. */
export const MAX_NETWORK_BYTES = 512 << 20;
/** Descriptions above this are something else. */
export const MAX_DESCRIPTION_BYTES = 64 << 10;
/** No recording is larger; see the app's own limit. */
export const MAX_RECORDING_BYTES = 8 << 20;

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

/**
 * A picture as PNG, not larger than needed: the browser decodes what the program cannot, and no broken picture reaches it.
 * Anything else as it is.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
async function asPng(file) {
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (!BEGINNINGS.some((beginning) => beginning.test(start))) return file;
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

/** @param {File} file */
export const isPicture = ({ type }) => type.startsWith("image/");

/**
 * The files on a clipboard. Browsers give a pasted picture names of their own.
 * @param {DataTransfer | null} clipboard
 */
export function pastedFiles(clipboard) {
  return [...(clipboard?.files ?? [])].map((file) => (isPicture(file) ? new File([file], "pasted.png", { type: file.type }) : file));
}
