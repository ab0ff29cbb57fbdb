// @ts-check
// What files the page takes: how large they may be, and their bytes. Rust says what is in them.

/** As much as the program reads as a network. */
export const MAX_NETWORK_BYTES = 512 << 20;
/** Descriptions above this are something else. */
export const MAX_DESCRIPTION_BYTES = 64 << 10;
/** No recording is larger; see the app's own limit. */
export const MAX_RECORDING_BYTES = 8 << 20;

/**
 * Throws where something is larger than it may be; `what` it would be then, such as "a network".
 * @param {string} name
 * @param {number} bytes
 * @param {number} most
 * @param {string} what
 */
export function checkSize(name, bytes, most, what) {
  if (bytes > most) throw new Error(`${name}: holds ${bytes} bytes, more than the ${most} that ${what} may have`);
}

/**
 * The bytes of files, each as {name, bytes}; throws what people should know. Nothing is read before all sizes are known.
 * @param {File[]} files
 */
export async function readFiles(files) {
  let all = 0;
  for (const { name, size } of files) {
    const described = /\.json$/i.test(name);
    checkSize(name, size, described ? MAX_DESCRIPTION_BYTES : MAX_NETWORK_BYTES, described ? "the description of a network" : "a network");
    all += size;
  }
  checkSize(`These ${files.length} files`, all, MAX_NETWORK_BYTES + MAX_DESCRIPTION_BYTES, "a network with its description");
  return Promise.all(
    files.map(async (file) => {
      try {
        return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
      } catch (error) {
        throw new Error(`${file.name}: cannot be read: ${error.message}. Is it a folder, or was it moved?`);
      }
    }),
  );
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
