// The chosen colours, before the first picture: a script of its own and not a module, as modules run after it.
try {
  const theme = localStorage.getItem('headwater-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the page follows the system.
}
