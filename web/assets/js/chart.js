// The map: pictures before and after, hazards, homes.

import { told } from "./api.js";
import { addMissing, imageName, sortKey } from "./signs.js";

const gl = window.maplibregl;
gl.setWorkerUrl("/assets/vendor/maplibre-gl-csp-worker.js");
const here = location.origin + told.api;
const EMPTY = { type: "FeatureCollection", features: [] };
const OUTLINE = {
  id: "outline", type: "line", source: "picked", filter: ["==", ["geometry-type"], "Polygon"],
  paint: { "line-color": "#ffd60a", "line-width": 2.5 },
};
const TOWN_ZOOM = 15;
const HOME_ZOOM = 17.6;

export const chart = { map: null, before: null, onPick: () => {}, query: "", picked: EMPTY };

function ground(side) {
  const style = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": "#e4e9ed" } }],
  };
  if (told.hasPictures) {
    style.sources.pictures = {
      type: "raster", tileSize: 256, minzoom: 11, maxzoom: 20,
      tiles: [`${here}/pictures/${side}/{z}/{x}/{y}.webp`],
    };
    style.layers.push({
      id: "pictures", type: "raster", source: "pictures", minzoom: 11,
      paint: { "raster-fade-duration": 0 },
    });
  }
  return style;
}

const tiles = () => [`${here}/tiles/{z}/{x}/{y}.mvt?${chart.query}`];

export function open(container) {
  const map = new gl.Map({
    container, style: ground("after"), attributionControl: false, dragRotate: false,
    pitchWithRotate: false, touchPitch: false, maxZoom: 20, fadeDuration: 0,
    ...(told.bounds
      ? { bounds: told.bounds, fitBoundsOptions: { padding: 36, maxZoom: TOWN_ZOOM + 2 } }
      : { center: [0, 20], zoom: 1 }),
  });
  chart.map = map;
  map.touchZoomRotate.disableRotation();
  map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new gl.ScaleControl({ unit: "imperial" }), "bottom-left");
  map.on("styleimagemissing", ({ id }) => addMissing(map, id));
  map.on("load", () => {
    map.addSource("homes", { type: "vector", tiles: tiles(), minzoom: 0, maxzoom: 16 });
    map.addSource("picked", { type: "geojson", data: EMPTY });
    map.addLayer(OUTLINE);
    map.addLayer({
      id: "homes", type: "symbol", source: "homes", "source-layer": "homes",
      layout: {
        "icon-image": imageName, "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": sortKey,
      },
    });
    map.addLayer({
      id: "ring", type: "circle", source: "picked", filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": 16, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 3,
        "circle-stroke-color": "#0b4f8a",
      },
    });
    map.on("click", "homes", click);
    for (const [kind, cursor] of [["mouseenter", "pointer"], ["mouseleave", ""]]) {
      map.on(kind, "homes", () => { map.getCanvas().style.cursor = cursor; });
    }
    chart.onLoad?.();
  });
  return map;
}

function click(event) {
  const [home] = event.features;
  if (home.properties.n > 1 && chart.map.getZoom() < 16) {
    chart.map.easeTo({ center: event.lngLat, zoom: chart.map.getZoom() + 2 });
  } else {
    chart.onPick(home.id);
  }
}

export function filter(query) {
  chart.query = query;
  chart.map.getSource("homes")?.setTiles(tiles());
}

export function mark(home) {
  const features = home
    ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [home.lon, home.lat] } }]
    : [];
  if (home?.outline) features.push({ type: "Feature", properties: {}, geometry: home.outline });
  chart.picked = { type: "FeatureCollection", features };
  chart.map.getSource("picked")?.setData(chart.picked);
  chart.before?.getSource("picked")?.setData(chart.picked);
}

export function goTo(home) {
  const zoom = Math.max(chart.map.getZoom(), HOME_ZOOM);
  chart.map.jumpTo({ center: [home.lon, home.lat], zoom });
}

export function showHazard(place, layer, isOn) {
  const { map } = chart;
  const id = `hazard-${place}`;
  if (isOn && !map.getSource(id)) {
    map.addSource(id, { type: "geojson", data: layer.lines, maxzoom: 12 });
    map.addLayer(
      {
        id, type: "line", source: id,
        paint: { "line-color": ["get", "colour"], "line-width": 2.5, "line-dasharray": [3, 1] },
      },
      "outline",
    );
  } else if (map.getLayer(id)) {
    map.setLayoutProperty(id, "visibility", isOn ? "visible" : "none");
  }
}

// The picture before lies over the map; how much of it shows is the slider's.
export function swipe(container, isOn) {
  container.hidden = !isOn;
  if (!isOn || chart.before) {
    chart.before?.resize();
    return;
  }
  const before = new gl.Map({
    container, style: ground("before"), attributionControl: false, interactive: false,
    center: chart.map.getCenter(), zoom: chart.map.getZoom(), fadeDuration: 0, maxZoom: 20,
  });
  chart.before = before;
  before.on("load", () => {
    before.addSource("picked", { type: "geojson", data: chart.picked });
    before.addLayer(OUTLINE);
  });
  const follow = () => before.jumpTo({ center: chart.map.getCenter(), zoom: chart.map.getZoom() });
  chart.map.on("move", follow);
  follow();
}
