/**
 * Text from stores, components and the cluster as a terminal may have it: control characters and marks that turn the
 * direction of writing could rewrite what people see, so they are spelled out. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
