// Unpacks the Chromium that the package ships into the folder TMPDIR: program, libraries that it may lack, fonts.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflate } from "@sparticuz/chromium";

const archives = fileURLToPath(new URL("../bin/", import.meta.resolve("@sparticuz/chromium")));
await Promise.all(["chromium.br", "al2023.tar.br", "fonts.tar.br"].map((name) => inflate(join(archives, name))));
