// The page's few icons, drawn on 16 × 16. `f`: filled, else a line (css/base.css, `svg.i`).
export type Shape = readonly [tag: 'path' | 'rect' | 'circle' | 'ellipse', attributes: Readonly<Record<string, string>>]

const SHAPES = {
  run: [['path', { class: 'f', d: 'M4.5 2.8v10.4L13 8z' }]],
  stop: [['rect', { class: 'f', x: '3.8', y: '3.8', width: '8.4', height: '8.4', rx: '.6' }]],
  restart: [['path', { d: 'M12.9 9.6A5.2 5.2 0 1 1 12.4 5M12.9 2.4V5.4H9.9' }]],
  bug: [['ellipse', { cx: '8', cy: '9.2', rx: '3.3', ry: '4.3' }], ['path', { d: 'M6 5.4a2 2 0 0 1 4 0M8 5.2v8.2M4.7 7.6 2.4 6.4M4.7 9.8H2M4.9 11.8l-2.2 1.4M11.3 7.6l2.3-1.2M11.3 9.8H14M11.1 11.8l2.2 1.4' }]],
  pause: [['path', { class: 'f', d: 'M4.2 3.2h2.4v9.6H4.2zM9.4 3.2h2.4v9.6H9.4z' }]],
  plus: [['path', { d: 'M8 3v10M3 8h10' }]],
  dots: [['circle', { class: 'f', cx: '3.4', cy: '8', r: '1.3' }], ['circle', { class: 'f', cx: '8', cy: '8', r: '1.3' }], ['circle', { class: 'f', cx: '12.6', cy: '8', r: '1.3' }]],
  down: [['path', { d: 'm4.5 6.5 3.5 3.5 3.5-3.5' }]],
  right: [['path', { d: 'm6.5 4.5 3.5 3.5-3.5 3.5' }]],
  left: [['path', { d: 'M13 8H3.4M7 4 3 8l4 4' }]],
  forth: [['path', { d: 'M3 8h9.6M9 4l4 4-4 4' }]],
  back: [['path', { d: 'M10 3.5 5.5 8l4.5 4.5' }]],
  search: [['circle', { cx: '7', cy: '7', r: '4.2' }], ['path', { d: 'm10.2 10.2 3.3 3.3' }]],
  list: [['path', { d: 'M2.5 4h11M4.5 8h9M4.5 12h9M2.5 8h.1M2.5 12h.1' }]],
  folder: [['path', { d: 'M1.8 12.6V3.6h4.4l1.4 1.8h6.6v7.2z' }]],
  file: [['path', { d: 'M3.4 1.8h6l3.2 3.2v9.2H3.4zM9.2 1.8v3.4h3.4' }]],
  nb: [['path', { d: 'M3 1.8h10v12.4H3zM5.4 1.8v12.4M7.8 5h3M7.8 7.6h3' }]],
  up: [['path', { d: 'M8 13V3.4M4 7l4-4 4 4' }]],
  dn: [['path', { d: 'M8 3v9.6M4 9l4 4 4-4' }]],
  upload: [['path', { d: 'M8 10.4V2.6M4.8 5.8 8 2.6l3.2 3.2M2.4 10.4v3h11.2v-3' }]],
  undo: [['path', { d: 'M5.4 3 2.4 6l3 3M2.6 6h6.6a4 4 0 0 1 0 8H6.4' }]],
  x: [['path', { d: 'm4 4 8 8M12 4l-8 8' }]],
  trash: [['path', { d: 'M2.6 4.2h10.8M6 4V2.4h4V4M4 4.4l.6 9.2h6.8l.6-9.2M6.6 6.8v4.4M9.4 6.8v4.4' }]],
  pen: [['path', { d: 'm2.6 13.4.6-2.8 7.4-7.4 2.2 2.2-7.4 7.4z' }]],
  tab: [['path', { d: 'M1.8 8h9M7.6 4.6 11 8l-3.4 3.4M14 3.6v8.8' }]],
} as const satisfies Record<string, readonly Shape[]>

export type IconName = keyof typeof SHAPES

const SVG = 'http://www.w3.org/2000/svg'

/** An icon for the eye only: the control around it has the name. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'i')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('aria-hidden', 'true')
  for (const [tag, attributes] of shapesOf(name)) {
    const shape = document.createElementNS(SVG, tag)
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value)
    svg.append(shape)
  }
  return svg
}

export const shapesOf = (name: IconName): readonly Shape[] => SHAPES[name]
