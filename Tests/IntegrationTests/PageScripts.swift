/// What tests of the page ask the browser, in JavaScript.
enum PageScripts {
    /// Everything that the keyboard has to reach.
    private static let controls = """
        [...document.querySelectorAll('a[href], button, input, select, textarea')]
          .filter((one) => one.checkVisibility() && !one.disabled)
        """

    /// Begins a walk by Tab at the top; how many stations it has.
    static let beginWalk = """
        (() => {
          globalThis.stations = new Set();
          globalThis.unseen = [];
          document.activeElement.blur();
          // The walk begins before the first element, wherever the focus was.
          const start = document.createElement('span');
          start.tabIndex = -1;
          document.body.prepend(start);
          start.focus();
          start.remove();
          return \(controls).length;
        })()
        """

    /// Notes what has the focus, and whether that is seen.
    static let step = """
        (() => {
          const one = document.activeElement;
          if (one === document.body) return;
          stations.add(one);
          const style = getComputedStyle(one);
          if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) {
            unseen.push(one);
          }
        })()
        """

    /// What was passed over, or did not show that it had the focus.
    static let endWalk = """
        [...\(controls).filter((one) => !stations.has(one)), ...unseen]
          .map((one) => one.outerHTML.slice(0, 120)).slice(0, 3).join(' | ')
        """

    /// Controls without a name, and pictures without words for them.
    static let unnamed = """
        [...document.querySelectorAll('a, button, input, select, svg[role=img], img')]
          .filter((one) => {
            const label = one.labels?.[0]?.textContent ?? '';
            const own = one.getAttribute('alt') ?? `${one.textContent}${one.ariaLabel ?? ''}`;
            const isNamed = one.hasAttribute('alt') || `${label}${own}`.trim() !== '';
            return one.checkVisibility() && !isNamed;
          }).map((one) => one.outerHTML.slice(0, 120)).join(' | ')
        """

    /// Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, relative
    /// luminance).
    static let faintTexts = """
        (() => {
          const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const light = (colour) => {
            const [red, green, blue] = parts(colour).slice(0, 3).map((value) => {
              const share = value / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
          };
          const behind = (one) => {
            for (let place = one; place; place = place.parentElement) {
              const colour = getComputedStyle(place).backgroundColor;
              if ((parts(colour)[3] ?? 1) > 0) return colour;
            }
            return 'rgb(255, 255, 255)';
          };
          return [...document.querySelectorAll('body *')].filter((one) =>
            one.checkVisibility() && !one.disabled && !one.closest('svg')
            && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
            .filter((one) => {
              const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            }).map((one) => one.outerHTML.slice(0, 120)).slice(0, 3).join(' | ');
        })()
        """
}
