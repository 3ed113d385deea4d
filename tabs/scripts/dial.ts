import { enableCopyButtons } from "./copy";

enableCopyButtons();
