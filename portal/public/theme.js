// Runs before the first paint, so that no page ever flashes in the wrong theme.
;(() => {
  let chosen = 'system'
  try {
    chosen = localStorage.getItem('usher.theme') || 'system'
  } catch {
    // Storage may be closed to us; the system's theme is a fine answer.
  }
  const dark =
    chosen === 'dark' || (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
