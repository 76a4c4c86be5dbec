// The colours of people. cells/cells.css has them again, as washes for selections.

/** 4.5:1 on paper and as the ground of a name, light and dark. */
export const COLOUR_VALUES = [
  'light-dark(#1f4e79, #8fbbe3)',
  'light-dark(#6a3d6e, #c9a2cd)',
  'light-dark(#2f6b4f, #8fc7a8)',
  'light-dark(#8a4b08, #e0a96d)',
  'light-dark(#7a2e4d, #dd9ab7)',
  'light-dark(#3d5a1f, #b0c98a)',
  'light-dark(#0f5f66, #83c5cc)',
  'light-dark(#5a4a9c, #b3a8e3)',
]
export const COLOURS = COLOUR_VALUES.length
