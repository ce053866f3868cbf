#include "services/analytical/domain/lifecycle/graph_svg.h"

#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/analytical/domain/lifecycle/durations.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "services/analytical/domain/xml_text.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;

// All in pixels.
constexpr double kNodeRadius = 46;
constexpr double kRowStep = 180;
constexpr double kRowMargin = 80;
constexpr double kRowHeight = 300;
constexpr double kRowY = 200;
constexpr double kChordRise = 75;
constexpr double kRingRadius = 190;
constexpr double kRingSize = 560;

struct Point {
  double x = 0;
  double y = 0;
};

Point PlaceOf(Lifecycle::Stage stage, Lifecycle::Layout layout) {
  const auto index = static_cast<double>(StageIndex(stage));
  if (layout != Lifecycle::CYCLIC) {
    return {kRowMargin + index * kRowStep, kRowY};
  }
  // Clockwise, from the top.
  const double angle =
      2 * std::numbers::pi * index / double{kLifecycleStages.size()} -
      std::numbers::pi / 2;
  return {kRingSize / 2 + kRingRadius * std::cos(angle),
          kRingSize / 2 + kRingRadius * std::sin(angle)};
}

// The point on the edge of the node at `center` that looks at `target`.
Point Rim(Point center, Point target) {
  const double length = std::hypot(target.x - center.x, target.y - center.y);
  const double part = kNodeRadius / length;
  return {center.x + (target.x - center.x) * part,
          center.y + (target.y - center.y) * part};
}

// The line of an edge, and where its count stands.
struct Line {
  std::string path;
  Point label;
};

Line StraightLine(Point from, Point to) {
  const Point a = Rim(from, to);
  const Point b = Rim(to, from);
  return {absl::StrFormat("M %.1f %.1f L %.1f %.1f", a.x, a.y, b.x, b.y),
          {(a.x + b.x) / 2, (a.y + b.y) / 2 - 6}};
}

Line CurvedLine(Point from, Point to, Point control) {
  const Point a = Rim(from, control);
  const Point b = Rim(to, control);
  return {
      absl::StrFormat("M %.1f %.1f Q %.1f %.1f %.1f %.1f", a.x, a.y, control.x,
                      control.y, b.x, b.y),
      {(a.x + 2 * control.x + b.x) / 4, (a.y + 2 * control.y + b.y) / 4 - 6}};
}

Line LineOf(const v1::LifecycleEdge& edge, Lifecycle::Layout layout) {
  const Point from = PlaceOf(edge.from_stage(), layout);
  const Point to = PlaceOf(edge.to_stage(), layout);
  const Point middle = {(from.x + to.x) / 2, (from.y + to.y) / 2};
  const bool is_chord = edge.kind() == Lifecycle::CHORD;
  if (layout != Lifecycle::CYCLIC) {
    if (!is_chord) return StraightLine(from, to);
    const double rise = kChordRise * (to.x - from.x) / kRowStep;
    return CurvedLine(from, to, {middle.x, kRowY - rise});
  }
  if (is_chord) return StraightLine(from, to);
  // Out to where the ring would be.
  const Point center = {kRingSize / 2, kRingSize / 2};
  const double out =
      1.25 * kRingRadius / std::hypot(middle.x - center.x, middle.y - center.y);
  return CurvedLine(from, to,
                    {center.x + (middle.x - center.x) * out,
                     center.y + (middle.y - center.y) * out});
}

std::string DrawEdge(const v1::LifecycleEdge& edge, Lifecycle::Layout layout) {
  const Line line = LineOf(edge, layout);
  return absl::StrCat(
      "<path class=\"edge\" data-kind=\"",
      Lifecycle::EdgeKind_Name(edge.kind()), "\" data-from=\"",
      Lifecycle::Stage_Name(edge.from_stage()), "\" data-to=\"",
      Lifecycle::Stage_Name(edge.to_stage()), "\" d=\"", line.path,
      "\" fill=\"none\" stroke=\"#4a5568\" stroke-width=\"2\"",
      edge.count() == 0 ? " stroke-dasharray=\"4 4\"" : "",
      " marker-end=\"url(#arrow)\"/>",
      absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\">%d</text>\n", line.label.x,
                      line.label.y, edge.count()));
}

std::string DwellText(const v1::LifecycleNode& node) {
  if (!node.has_mean_dwell()) return "";
  return absl::StrFormat(
      "%.1f days", absl::FDivDuration(FromProtoDuration(node.mean_dwell()),
                                      absl::Hours(24)));
}

std::string DrawNode(const v1::LifecycleNode& node, Lifecycle::Layout layout) {
  const Point at = PlaceOf(node.stage(), layout);
  return absl::StrCat(
      "<g class=\"node\" data-stage=\"", Lifecycle::Stage_Name(node.stage()),
      "\">",
      absl::StrFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\" "
                      "fill=\"#ebf4ff\" stroke=\"#2b6cb0\"/>",
                      at.x, at.y, kNodeRadius),
      absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\">%s</text>", at.x, at.y - 12,
                      EscapeXml(node.display_name())),
      absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" font-weight=\"bold\">%d"
                      "</text>",
                      at.x, at.y + 6, node.journey_count()),
      absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\">%s</text></g>\n", at.x,
                      at.y + 24, DwellText(node)));
}

}  // namespace

std::string DrawLifecycle(const v1::LifecycleGraph& graph) {
  const bool cyclic = graph.layout() == Lifecycle::CYCLIC;
  const double width =
      cyclic ? kRingSize
             : 2 * kRowMargin + kRowStep * double{kLifecycleStages.size() - 1};
  const double height = cyclic ? kRingSize : kRowHeight;
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
      "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
      "font-size=\"13\" text-anchor=\"middle\" role=\"img\">\n"
      "<title>Lifecycle of %d journeys</title>\n"
      "<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
      "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
      "<path d=\"M 0 0 L 10 5 L 0 10 z\" fill=\"#4a5568\"/></marker></defs>\n",
      width, height, width, height, graph.journey_count());
  for (const v1::LifecycleEdge& edge : graph.edges()) {
    svg += DrawEdge(edge, graph.layout());
  }
  for (const v1::LifecycleNode& node : graph.nodes()) {
    svg += DrawNode(node, graph.layout());
  }
  return absl::StrCat(svg, "</svg>\n");
}

}  // namespace crm::analytical
