import "./mantine.css";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { setLanguage, startLanguage } from "./i18n";
import { loadHints } from "./ui/Hint";
import { allowStylesOnly } from "./ui/sinks";

allowStylesOnly();

const place = document.getElementById("desk");
if (!place) throw new Error("index.html has no place for the desk");

await setLanguage(startLanguage());
createRoot(place).render(<App />);
loadHints();
