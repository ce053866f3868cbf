#include "services/analytical/domain/frameworks/scorecard_svg.h"

#include <expat.h>

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using ::testing::HasSubstr;

// What an XML parser finds in a drawing.
struct Drawing {
  bool is_xml = false;
  // Elements by name and class, as `path.edge`.
  std::map<std::string, int> elements;
  std::string text;
};

void OnStart(void* data, const char* name, const char** attributes) {
  std::string key = name;
  for (; *attributes != nullptr; attributes += 2) {
    if (std::string(attributes[0]) == "class") {
      key += std::string(".") + attributes[1];
    }
  }
  ++static_cast<Drawing*>(data)->elements[key];
}

void OnText(void* data, const char* text, int length) {
  static_cast<Drawing*>(data)->text.append(text, static_cast<size_t>(length));
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

Drawing Draw(const FrameworkData& framework, const Measurements& measurements,
             const std::string& display_name = "") {
  v1::Scorecard scorecard;
  scorecard.set_display_name(display_name);
  FillScorecard(framework, measurements, {}, scorecard);
  return Parse(DrawScorecard(framework, scorecard));
}

TEST(DrawScorecard, EveryFrameworkIsXmlWithAllItsDimensionsAndEdges) {
  for (const FrameworkData* framework : Frameworks()) {
    Drawing drawing =
        Draw(*framework, {{std::string(kMetricOwned),
                           {.value = MakeQuotient(1, 2), .count = 2}}});
    EXPECT_TRUE(drawing.is_xml) << framework->id;
    const bool graph = !framework->edges.empty();
    EXPECT_EQ(drawing.elements[graph ? "g.node" : "line.axis"],
              static_cast<int>(framework->dimensions.size()));
    EXPECT_EQ(drawing.elements["path.edge"],
              static_cast<int>(framework->edges.size()));
  }
}

TEST(DrawScorecard, HasNoPointWhereThereIsNoScore) {
  Drawing drawing = Draw(kIdic, {{std::string(kMetricOwned),
                                  {.value = MakeQuotient(1, 2), .count = 2}}});

  EXPECT_EQ(drawing.elements["circle.score"], 1);
  EXPECT_THAT(drawing.text, HasSubstr("50.0 %"));
  EXPECT_THAT(drawing.text, HasSubstr("no data"));
}

TEST(DrawScorecard, EscapesWhatPeopleWrote) {
  const Drawing drawing =
      Draw(kQci, {}, "</title><script>alert('1')</script>\x01&\"");

  EXPECT_TRUE(drawing.is_xml);
  EXPECT_FALSE(drawing.elements.contains("script"));
  EXPECT_THAT(drawing.text, HasSubstr("<script>alert('1')</script>&\""));
}

}  // namespace
}  // namespace crm::analytical
