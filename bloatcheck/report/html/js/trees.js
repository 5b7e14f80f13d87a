/** The views of an image: the same files in several trees. */
const VIEWS = {
  folder: "Folder",
  layer: "Layer",
  package: "Package",
  cause: "Cause",
};
const CAUSES = { base: "base image", package: "packages", own: "own files", hidden: "hidden by later layers" };

/** Every file and rest of a drawing, with its folder as a list of names. */
function leavesOf(image) {
  const drawing = image.drawing;
  const was = drawing.was === null ? null : new Map(drawing.was);
  const leaves = [];
  const folders = [];
  for (let index = 0; index < drawing.depth.length; index += 1) {
    folders.length = drawing.depth[index];
    if (drawing.files[index] === 0) {
      folders.push(drawing.name[index]);
      continue;
    }
    const size = drawing.size[index];
    const layer = drawing.layer[index];
    const owner = drawing.packages[drawing.package[index]] ?? null;
    leaves.push({
      folders: [...folders],
      name: drawing.name[index],
      files: drawing.files[index],
      size,
      was: was?.get(index) ?? size,
      layer,
      owner,
      cause: image.layers[layer]?.base ? "base" : owner ? "package" : "own",
    });
  }
  return leaves.concat(hiddenIn(image, leaves, was !== null));
}

/** What each layer holds and nobody sees: its bytes less those of the files that can be seen. */
function hiddenIn(image, leaves, compared) {
  const seen = image.layers.map(() => [0, 0]);
  for (const leaf of leaves) {
    if (!seen[leaf.layer]) continue;
    seen[leaf.layer][0] += leaf.size;
    seen[leaf.layer][1] += leaf.was;
  }
  return image.layers.flatMap((layer, number) => {
    const size = Math.max(0, (layer.after ?? (image.after === null ? layer.before : 0)) - seen[number][0]);
    const was = compared ? Math.max(0, (layer.before ?? 0) - seen[number][1]) : size;
    if (!size && !was) return [];
    return [{ folders: [], name: "hidden by later layers", files: -1, size, was, layer: number, owner: null, cause: "hidden" }];
  });
}

/** What a layer is called: its instruction, or whose it is. */
function titleOf(image, layer) {
  return layer.instruction || (layer.base && image.base ? image.base.name : "no instruction known");
}

function layerName(image, number) {
  const layer = image.layers[number];
  return layer ? `${number + 1} · ${titleOf(image, layer)}` : "no layer known";
}

function groupsOf(view, image, leaf) {
  if (view === "layer") return [layerName(image, leaf.layer)];
  if (leaf.cause === "hidden") return [CAUSES.hidden];
  if (view === "folder") return [];
  const owner = leaf.owner ? [leaf.owner[0], `${leaf.owner[1]} ${leaf.owner[2]}`.trim()] : [];
  if (view === "package") return leaf.owner ? owner : [`no package: ${CAUSES[leaf.cause]}`];
  return leaf.cause === "package" ? [CAUSES.package, ...owner] : [CAUSES[leaf.cause]];
}

/** A tree of one view. Nodes have both sizes, the number of files, and the way up. */
function treeOf(view, image, leaves) {
  const root = newNode(view === "folder" ? "/" : "image", "folder", null);
  for (const leaf of leaves) {
    let node = root;
    const groups = groupsOf(view, image, leaf);
    groups.forEach((name) => {
      node = childOf(node, name, leaf.cause === "hidden" && view !== "layer" ? "hidden" : "group");
    });
    for (const name of leaf.folders) node = childOf(node, name, "folder");
    if (leaf.cause === "hidden" && view !== "layer") {
      addLeaf(node, { ...leaf, name: layerName(image, leaf.layer) });
    } else {
      addLeaf(node, leaf);
    }
  }
  sum(root);
  return root;
}

function newNode(name, kind, parent) {
  return { name, kind, parent, children: [], places: new Map(), size: 0, was: 0, change: 0, files: 0, leaf: null };
}

function childOf(node, name, kind) {
  const key = `${kind} ${name}`;
  let child = node.places.get(key);
  if (!child) {
    child = newNode(name, kind, node);
    node.places.set(key, child);
    node.children.push(child);
  }
  return child;
}

function addLeaf(node, leaf) {
  const kind = leaf.cause === "hidden" ? "hidden" : leaf.name ? (leaf.files < 0 ? "group" : "file") : "rest";
  const child = newNode(leaf.name || restName(leaf), kind, node);
  child.leaf = leaf;
  node.children.push(child);
}

/** What is too small to be drawn by itself, as one that can be gone into; the tree doesn't know it. */
function togetherOf(nodes, parent) {
  const whole = newNode(`${nodes.length.toLocaleString("en")} smaller`, "together", parent);
  whole.children = nodes;
  whole.hit = nodes.some((node) => node.hit);
  addUp(whole);
  return whole;
}

function restName(leaf) {
  return leaf.files < 0 ? "everything smaller" : count(leaf.files, "smaller file");
}

function sum(node) {
  if (node.leaf) {
    node.size = node.leaf.size;
    node.was = node.leaf.was;
    node.change = Math.abs(node.size - node.was);
    node.files = Math.max(0, node.leaf.files);
    node.cause = node.leaf.cause;
    return;
  }
  node.children.forEach(sum);
  addUp(node);
}

function addUp(node) {
  const causes = {};
  for (const child of node.children) {
    node.size += child.size;
    node.was += child.was;
    node.change += child.change;
    node.files += child.files;
    causes[child.cause] = (causes[child.cause] ?? 0) + child.size + child.change;
  }
  node.cause = Object.keys(causes).sort((one, other) => causes[other] - causes[one])[0] ?? "own";
  node.places = null;
}

function wayTo(node) {
  const way = [];
  for (let at = node; at; at = at.parent) way.unshift(at);
  return way;
}

/** `/usr/bin/curl`, and in the other views a path below the group. */
function pathOf(node) {
  const [root, ...way] = wayTo(node);
  const inImage = root.name === "/" && way[0]?.kind !== "hidden";
  return (inImage ? "/" : "") + way.map((each) => each.name).join("/") || root.name;
}

/** Folders of several files that are new or gone as a whole count once; in the others each file does. */
function changedIn(root) {
  const found = [];
  const pending = [root];
  while (pending.length) {
    const node = pending.pop();
    if (!node.change || node.kind === "hidden") continue;
    const whole = node !== root && node.files > 1 && (node.was === 0 || node.size === 0);
    if (node.leaf || whole) found.push(node);
    else pending.push(...node.children);
  }
  return found.sort((one, other) => other.change - one.change);
}
