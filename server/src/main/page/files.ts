/** Files as text that JSON can hold. */

export function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("the file cannot be read"));
    reader.readAsDataURL(file);
  });
}

/** What a data URL holds, without what it says of it. */
export function base64(url: string): string {
  return url.replace(/^.*,/, "");
}
