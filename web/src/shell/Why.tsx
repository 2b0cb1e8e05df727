import { lazy, Suspense, useEffect, useState } from "react";
import { WHY } from "../features/why/open";
import { loadWords } from "../i18n";

const WhySheet = lazy(async () => {
  await loadWords("why");
  return import("../features/why/WhySheet");
});

/** The place of the explanation of a wait, beside whatever page is open. */
export function Why() {
  const [interactionId, setInteractionId] = useState("");
  useEffect(() => {
    const open = (event: Event) => setInteractionId((event as CustomEvent<string>).detail);
    window.addEventListener(WHY, open);
    return () => window.removeEventListener(WHY, open);
  }, []);
  if (!interactionId) return null;
  return (
    <Suspense>
      <WhySheet
        key={interactionId}
        interactionId={interactionId}
        close={() => setInteractionId("")}
      />
    </Suspense>
  );
}
