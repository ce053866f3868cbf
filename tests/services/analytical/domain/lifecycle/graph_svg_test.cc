#include "services/analytical/domain/lifecycle/graph_svg.h"

#include <expat.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/graph.h"
#include "tests/services/analytical/domain/lifecycle/journeys.h"

namespace crm::analytical {
namespace {

using ::testing::Contains;
using testing::RandomJourneys;
using v1::Lifecycle;

// What an XML parser finds in a drawing.
struct Drawing {
  bool is_xml = false;
  std::string root;
  // Elements by name and class, as `path.edge`.
  std::map<std::string, int> elements;
  // The `data-kind` of edges.
  std::map<std::string, int> kinds;
  std::vector<std::string> texts;
};

void OnStart(void* data, const char* name, const char** attributes) {
  auto& drawing = *static_cast<Drawing*>(data);
  std::string key = name;
  if (drawing.root.empty()) drawing.root = key;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string attribute = attributes[0];
    if (attribute == "class") key += std::string(".") + attributes[1];
    if (attribute == "data-kind") ++drawing.kinds[attributes[1]];
  }
  ++drawing.elements[key];
  drawing.texts.emplace_back();
}

void OnText(void* data, const char* text, int length) {
  auto& drawing = *static_cast<Drawing*>(data);
  drawing.texts.back().append(text, static_cast<size_t>(length));
}

Drawing Parse(const std::string& svg) {
  Drawing drawing;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate("UTF-8"), XML_ParserFree);
  XML_SetUserData(parser.get(), &drawing);
  XML_SetStartElementHandler(parser.get(), OnStart);
  XML_SetCharacterDataHandler(parser.get(), OnText);
  drawing.is_xml = XML_Parse(parser.get(), svg.data(),
                             static_cast<int>(svg.size()), 1) == XML_STATUS_OK;
  return drawing;
}

v1::LifecycleGraph Graph(Lifecycle::Layout layout, const StageNames& names) {
  std::mt19937_64 random(5);
  LifecycleGraphCounter counter(absl::FromUnixSeconds(2'000'000'000));
  for (const auto& journey : RandomJourneys("customers/a", 5, random)) {
    counter.Add(journey);
  }
  return counter.Result(layout, names);
}

TEST(DrawLifecycle, CY_01_BothLayoutsAreXmlWithEveryNodeAndEdge) {
  for (const Lifecycle::Layout layout :
       {Lifecycle::LINEAR, Lifecycle::CYCLIC}) {
    const Drawing drawing =
        Parse(DrawLifecycle(Graph(layout, DefaultStageNames())));

    ASSERT_TRUE(drawing.is_xml);
    EXPECT_EQ(drawing.root, "svg");
    EXPECT_EQ(drawing.elements.at("g.node"), 5);
    EXPECT_EQ(drawing.elements.at("path.edge"),
              layout == Lifecycle::CYCLIC ? 7 : 6);
    EXPECT_EQ(drawing.kinds.at("RING"), 4);
    EXPECT_EQ(drawing.kinds.at("CHORD"), 2);
    EXPECT_EQ(drawing.kinds.count("CLOSING"),
              layout == Lifecycle::CYCLIC ? 1U : 0U);
    EXPECT_THAT(drawing.texts, Contains("Terminated"));
  }
}

TEST(DrawLifecycle, NamesAreTextAndNothingElse) {
  const std::string name = "</text><script>alert('1')</script>&\"";
  const std::string hostile = name + std::string(1, '\x01') + "é";

  const Drawing drawing = Parse(
      DrawLifecycle(Graph(Lifecycle::LINEAR, {hostile, "b", "c", "d", "e"})));

  ASSERT_TRUE(drawing.is_xml);
  EXPECT_EQ(drawing.elements.count("script"), 0U);
  EXPECT_THAT(drawing.texts, Contains(name + "é"));
}

}  // namespace
}  // namespace crm::analytical
