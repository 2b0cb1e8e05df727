/** Title, favicon and desktop notification: what an agent sees while looking elsewhere. */

const SIZE = 32;
let baseTitle = "OpenWECC";
let count = 0;
let ringingFor = "";
let blink: ReturnType<typeof setInterval> | undefined;

function link(): HTMLLinkElement | null {
  return document.querySelector<HTMLLinkElement>('link[rel="icon"]');
}

function drawBadge(value: number, ringing: boolean): string {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = "#0B6E69";
  pen.beginPath();
  pen.roundRect(0, 0, SIZE, SIZE, 6);
  pen.fill();
  pen.fillStyle = ringing ? "#E0B252" : "#FFFFFF";
  pen.beginPath();
  pen.arc(SIZE / 2, SIZE / 2, 12, 0, 7);
  pen.fill();
  pen.fillStyle = "#12171D";
  pen.font = "bold 18px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(ringing ? "!" : value > 9 ? "9+" : String(value), SIZE / 2, SIZE / 2 + 1);
  return canvas.toDataURL("image/png");
}

function paint(flash: boolean): void {
  const prefix = count > 0 ? `(${count}) ` : "";
  document.title = ringingFor && flash ? `● ${ringingFor}` : `${prefix}${baseTitle}`;
}

/** Show ``unread`` in title and favicon; blink ``ringing`` (a person's name) while it is not empty. */
export function showAttention(unread: number, ringing: string): void {
  if (unread === count && ringing === ringingFor) return;
  count = unread;
  ringingFor = ringing;
  const icon = link();
  if (icon) icon.href = count > 0 || ringing ? drawBadge(count, ringing !== "") : "/favicon.svg";
  clearInterval(blink);
  let flash = true;
  paint(flash);
  if (ringing) {
    blink = setInterval(() => {
      flash = !flash;
      paint(flash);
    }, 1_000);
  }
}

export function setPageTitle(title: string): void {
  baseTitle = title ? `${title} · OpenWECC` : "OpenWECC";
  paint(false);
}

export function mayNotify(): NotificationPermission {
  return "Notification" in window ? Notification.permission : "denied";
}

export async function askToNotify(): Promise<NotificationPermission> {
  return "Notification" in window ? Notification.requestPermission() : "denied";
}

/**
 * A desktop notification while the page is not in front; a repeat with one tag is one. A click
 * brings the page to the front and does ``open``.
 */
export function notifyDesktop(
  tag: string,
  title: string,
  body: string,
  open: () => void,
): (() => void) | null {
  const isInFront = document.visibilityState === "visible" && document.hasFocus();
  if (mayNotify() !== "granted" || isInFront) return null;
  try {
    const notification = new Notification(title, {
      body,
      tag,
      icon: "/favicon.svg",
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      open();
      notification.close();
    };
    return () => notification.close();
  } catch {
    return null;
  }
}
