// Samples, drawn as SVG: digits for models of ink, small scenes for models of photographs.
import { el, svgNamespace, toPng } from './dom.js';

const side = 192;

const ink = (name, path) => ({
  name,
  body: `
    <rect width="96" height="96" fill="#fff"/>
    <path d="${path}" fill="none" stroke="#111" stroke-width="9" stroke-linecap="round" stroke-linejoin="round"/>`,
});

const digits = [
  ink('two', 'M28 32C32 16 62 14 64 34C65 50 40 62 28 78H70'),
  ink('three', 'M30 24C44 12 68 20 60 38C56 45 46 46 42 46C58 46 70 56 62 70C54 84 34 80 28 70'),
  ink('seven', 'M26 24H70C60 40 48 58 44 80'),
  ink('eight, leaning', 'M62 24C48 12 30 26 42 40C52 50 68 58 58 74C48 86 26 76 34 60C40 50 64 44 64 28'),
  ink('four or nine?', 'M36 22C28 36 30 50 44 50C56 50 64 42 66 22V80'),
];

const sky = `
  <linearGradient id="s" x2="0" y2="1">
    <stop stop-color="#5b93cf"/>
    <stop offset="1" stop-color="#c5dcef"/>
  </linearGradient>`;
const scenes = [
  {
    name: 'ship',
    body: `
      <defs>${sky}</defs>
      <rect width="96" height="60" fill="url(#s)"/>
      <rect y="56" width="96" height="40" fill="#2c5b7c"/>
      <path d="M10 54H88L78 70H20Z" fill="#8c2f2b"/>
      <path d="M24 42H70V54H24Z" fill="#eee"/>
      <path d="M34 30H58V42H34Z" fill="#ddd"/>
      <path d="M44 16H52V30H44Z" fill="#c33"/>
      <path d="M10 54H88L86 58H12Z" fill="#ddd"/>
      <path d="M0 72q8-5 16 0t16 0 16 0 16 0 16 0 16 0v4H0z" fill="#3c6f91"/>`,
  },
  {
    name: 'airplane',
    body: `
      <defs>${sky}</defs>
      <rect width="96" height="96" fill="url(#s)"/>
      <ellipse cx="50" cy="48" rx="38" ry="6.5" fill="#e9edf0"/>
      <path d="M56 48L34 78H26L38 48Z" fill="#b9c3cb"/>
      <path d="M54 46L40 24H34L42 46Z" fill="#ccd4da"/>
      <path d="M20 46L10 28H16L28 44Z" fill="#9fb0bd"/>
      <path d="M18 49L10 56H14L26 50Z" fill="#aab"/>
      <circle cx="80" cy="46" r="2.4" fill="#345"/>
      <path d="M30 46H74" stroke="#678" stroke-width="1.6" stroke-dasharray="2 2.6"/>`,
  },
  {
    name: 'automobile',
    body: `
      <rect width="96" height="60" fill="#a9bccb"/>
      <rect y="58" width="96" height="38" fill="#6e6e6b"/>
      <path d="M8 66C8 54 16 52 26 50L36 38C38 35 42 34 46 34H62C66 34 70 36 73 39L82 50C90 51 92 56 92 66Z"
        fill="#c2201f"/>
      <path d="M32 50L40 40H52V50Z M56 40H64C67 40 69 41 71 43L76 50H56Z" fill="#22313d"/>
      <circle cx="27" cy="68" r="9.5" fill="#191919"/>
      <circle cx="73" cy="68" r="9.5" fill="#191919"/>
      <circle cx="27" cy="68" r="4.5" fill="#aaa"/>
      <circle cx="73" cy="68" r="4.5" fill="#aaa"/>
      <path d="M88 56h4v4h-4z" fill="#ffe9a0"/>`,
  },
  {
    name: 'frog',
    body: `
      <rect width="96" height="96" fill="#7a6a4a"/>
      <path d="M0 66H96V96H0Z" fill="#5b4d33"/>
      <ellipse cx="50" cy="58" rx="30" ry="21" fill="#5d8a2a"/>
      <ellipse cx="50" cy="68" rx="20" ry="11" fill="#b9c46b"/>
      <ellipse cx="34" cy="40" rx="9" ry="9" fill="#6c9a33"/>
      <ellipse cx="64" cy="40" rx="9" ry="9" fill="#6c9a33"/>
      <circle cx="34" cy="38" r="5" fill="#e8d24a"/>
      <circle cx="64" cy="38" r="5" fill="#e8d24a"/>
      <circle cx="34" cy="38" r="2.6" fill="#111"/>
      <circle cx="64" cy="38" r="2.6" fill="#111"/>
      <path d="M32 56Q49 66 66 56" stroke="#2f4a12" stroke-width="2.4" fill="none"/>
      <path d="M22 66Q8 72 16 82H34Z M78 66Q92 72 84 82H64Z" fill="#4f7a22"/>`,
  },
  {
    name: 'truck',
    body: `
      <rect width="96" height="62" fill="#b7c6d2"/>
      <rect y="60" width="96" height="36" fill="#77746d"/>
      <path d="M6 24H60V66H6Z" fill="#e7e4da"/>
      <path d="M6 24H60V28H6Z" fill="#c9c5b8"/>
      <path d="M62 38H78L90 52V66H62Z" fill="#1f5fa8"/>
      <path d="M66 42H76L84 52H66Z" fill="#22313d"/>
      <path d="M4 64H92V69H4Z" fill="#333"/>
      <circle cx="20" cy="71" r="8.5" fill="#161616"/>
      <circle cx="44" cy="71" r="8.5" fill="#161616"/>
      <circle cx="77" cy="71" r="8.5" fill="#161616"/>
      <circle cx="20" cy="71" r="3.6" fill="#bbb"/>
      <circle cx="44" cy="71" r="3.6" fill="#bbb"/>
      <circle cx="77" cy="71" r="3.6" fill="#bbb"/>`,
  },
];

/** @param input A model's input, as GET /models describes it. */
export const samplesFor = input =>
  (input.foreground === 'none' ? scenes : digits).map(({ name, body }) => {
    const svg = `<svg xmlns="${svgNamespace}" width="${side}" height="${side}" viewBox="0 0 96 96">${body}</svg>`;
    const url = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    return {
      name,
      thumbnail: () => el('img', { src: url, alt: '', width: 44, height: 44 }),
      toBlob: () => rasterize(url),
    };
  });

async function rasterize(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = el('canvas', { width: side, height: side });
  canvas.getContext('2d').drawImage(image, 0, 0, side, side);
  return toPng(canvas);
}
