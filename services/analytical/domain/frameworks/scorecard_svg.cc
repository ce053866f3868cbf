#include "services/analytical/domain/frameworks/scorecard_svg.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "services/analytical/domain/xml_text.h"

namespace crm::analytical {
namespace {

using DimensionScore = v1::Scorecard::DimensionScore;

// All in pixels.
constexpr double kSize = 720;
constexpr double kRadius = 230;
constexpr double kLabelRadius = 275;
constexpr double kNodeRadius = 52;
// How far an edge bends from the straight line, so that two that lead to and
// fro are two.
constexpr double kBend = 26;

struct Point {
  double x = 0;
  double y = 0;
};

// The direction of a dimension: clockwise, from the top.
Point Place(size_t index, size_t count, double radius) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(index) /
                           static_cast<double>(count) -
                       std::numbers::pi / 2;
  return {kSize / 2 + radius * std::cos(angle),
          kSize / 2 + radius * std::sin(angle)};
}

std::string Percent(int32_t millionths) {
  return absl::StrFormat("%.1f %%", 100.0 * millionths / kWhole);
}

std::string ScoreText(const DimensionScore* score) {
  return score == nullptr || !score->has_score()
             ? "no data"
             : Percent(score->score_millionths());
}

std::string Text(Point at, absl::string_view text,
                 absl::string_view more = {}) {
  return absl::StrCat(
      absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\"", at.x, at.y), more, ">",
      EscapeXml(text), "</text>");
}

// The scores by dimension.
using Scores = std::map<absl::string_view, const DimensionScore*>;

Scores ScoresOf(const v1::Scorecard& scorecard) {
  Scores scores;
  for (const DimensionScore& score : scorecard.dimensions()) {
    scores[score.dimension_id()] = &score;
  }
  return scores;
}

const DimensionScore* Find(const Scores& scores, absl::string_view id) {
  const auto found = scores.find(id);
  return found == scores.end() ? nullptr : found->second;
}

std::string DrawRadar(const FrameworkData& framework, const Scores& scores) {
  const size_t count = framework.dimensions.size();
  std::string svg;
  for (const double part : {.25, .5, .75, 1.0}) {
    absl::StrAppendFormat(&svg,
                          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" "
                          "fill=\"none\" stroke=\"#e2e8f0\"/>\n",
                          kSize / 2, kSize / 2, kRadius * part);
  }
  std::string points;
  for (size_t i = 0; i < count; ++i) {
    const Dimension& dimension = framework.dimensions[i];
    const DimensionScore* score = Find(scores, dimension.id);
    const Point end = Place(i, count, kRadius);
    const Point label = Place(i, count, kLabelRadius);
    absl::StrAppend(
        &svg, "<line class=\"axis\" data-dimension=\"", EscapeXml(dimension.id),
        "\"",
        absl::StrFormat(" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                        "stroke=\"#a0aec0\"/>",
                        kSize / 2, kSize / 2, end.x, end.y),
        Text(label, dimension.display_name),
        Text({label.x, label.y + 17}, ScoreText(score),
             " font-weight=\"bold\""),
        "\n");
    if (score == nullptr || !score->has_score()) continue;
    const Point at =
        Place(i, count, kRadius * score->score_millionths() / kWhole);
    absl::StrAppendFormat(&points, "%s%.1f,%.1f", points.empty() ? "" : " ",
                          at.x, at.y);
    absl::StrAppendFormat(&svg,
                          "<circle class=\"score\" cx=\"%.1f\" cy=\"%.1f\" "
                          "r=\"4\" fill=\"#2b6cb0\"/>\n",
                          at.x, at.y);
  }
  if (points.empty()) return svg;
  return absl::StrCat(svg, "<polygon points=\"", points,
                      "\" fill=\"#2b6cb0\" fill-opacity=\"0.25\" "
                      "stroke=\"#2b6cb0\"/>\n");
}

// The point on the rim of the node at `center` that looks at `target`.
Point Rim(Point center, Point target) {
  const double length = std::hypot(target.x - center.x, target.y - center.y);
  return {center.x + (target.x - center.x) * kNodeRadius / length,
          center.y + (target.y - center.y) * kNodeRadius / length};
}

std::string DrawEdge(const v1::Scorecard::EdgeStrength& edge, Point from,
                     Point to) {
  const double length = std::hypot(to.x - from.x, to.y - from.y);
  const Point control = {
      (from.x + to.x) / 2 - kBend * (to.y - from.y) / length,
      (from.y + to.y) / 2 + kBend * (to.x - from.x) / length};
  const Point a = Rim(from, control);
  const Point b = Rim(to, control);
  return absl::StrCat(
      "<path class=\"edge\" data-from=\"", EscapeXml(edge.from_dimension_id()),
      "\" data-to=\"", EscapeXml(edge.to_dimension_id()), "\"",
      absl::StrFormat(" d=\"M %.1f %.1f Q %.1f %.1f %.1f %.1f\"", a.x, a.y,
                      control.x, control.y, b.x, b.y),
      " fill=\"none\" stroke=\"#4a5568\" stroke-width=\"2\"",
      edge.measured() ? "" : " stroke-dasharray=\"4 4\"",
      " marker-end=\"url(#arrow)\"/>",
      Text({control.x, control.y - 4},
           edge.measured() ? absl::StrFormat("%+.2f", edge.strength())
                           : "no data"),
      "\n");
}

std::string DrawGraph(const FrameworkData& framework,
                      const v1::Scorecard& scorecard, const Scores& scores) {
  std::string svg =
      "<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
      "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
      "<path d=\"M 0 0 L 10 5 L 0 10 z\" fill=\"#4a5568\"/></marker></defs>\n";
  const size_t count = framework.dimensions.size();
  std::map<absl::string_view, Point> places;
  for (size_t i = 0; i < count; ++i) {
    places[framework.dimensions[i].id] = Place(i, count, kRadius);
  }
  for (const auto& edge : scorecard.edges()) {
    const auto from = places.find(edge.from_dimension_id());
    const auto to = places.find(edge.to_dimension_id());
    if (from == places.end() || to == places.end() || from == to) continue;
    svg += DrawEdge(edge, from->second, to->second);
  }
  for (const Dimension& dimension : framework.dimensions) {
    const Point at = places[dimension.id];
    absl::StrAppend(
        &svg, "<g class=\"node\" data-dimension=\"", EscapeXml(dimension.id),
        "\">",
        absl::StrFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\" "
                        "fill=\"#ebf4ff\" stroke=\"#2b6cb0\"/>",
                        at.x, at.y, kNodeRadius),
        Text({at.x, at.y - 6}, dimension.display_name),
        Text({at.x, at.y + 14}, ScoreText(Find(scores, dimension.id)),
             " font-weight=\"bold\""),
        "</g>\n");
  }
  return svg;
}

}  // namespace

std::string DrawScorecard(const FrameworkData& framework,
                          const v1::Scorecard& scorecard) {
  const std::string title = absl::StrCat(
      framework.display_name, ": ",
      scorecard.has_score() ? Percent(scorecard.score_millionths()) : "no data",
      ", ", Percent(scorecard.coverage_millionths()), " covered",
      scorecard.display_name().empty() ? "" : " - ", scorecard.display_name());
  const Scores scores = ScoresOf(scorecard);
  return absl::StrCat(
      absl::StrFormat(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
          "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
          "font-family=\"sans-serif\" font-size=\"12\" "
          "text-anchor=\"middle\" role=\"img\">\n",
          kSize, kSize, kSize, kSize),
      "<title>", EscapeXml(title), "</title>\n",
      Text({kSize / 2, 24}, title, " font-size=\"15\""), "\n",
      framework.edges.empty() ? DrawRadar(framework, scores)
                              : DrawGraph(framework, scorecard, scores),
      "</svg>\n");
}

}  // namespace crm::analytical
