// The tables of the frameworks, as their texts have them.

#include "services/analytical/domain/frameworks/framework.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/framework_messages.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"

namespace crm::analytical {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> IdsOf(const FrameworkData& framework,
                               absl::string_view part = {}) {
  std::vector<std::string> ids;
  for (const Dimension& dimension : framework.dimensions) {
    if (part.empty() || dimension.part == part) {
      ids.push_back(std::string(dimension.id));
    }
  }
  return ids;
}

std::set<std::string> EdgesOf(const FrameworkData& framework) {
  std::set<std::string> edges;
  for (const Edge& edge : framework.edges) {
    EXPECT_TRUE(edges.insert(absl::StrCat(edge.from, ">", edge.to)).second);
  }
  return edges;
}

const Dimension& Find(const FrameworkData& framework, absl::string_view id) {
  for (const Dimension& dimension : framework.dimensions) {
    if (dimension.id == id) return dimension;
  }
  ADD_FAILURE() << id;
  return framework.dimensions[0];
}

TEST(Frameworks, AreFoundByTheirIds) {
  for (const FrameworkData* framework : Frameworks()) {
    EXPECT_EQ(FindFramework(framework->id), framework);
  }
  EXPECT_EQ(FindFramework("spin"), nullptr);
}

TEST(Frameworks, WeightsSumToOneExactly) {
  for (const FrameworkData* framework : Frameworks()) {
    int64_t sum = 0;
    for (const Dimension& dimension : framework->dimensions) {
      EXPECT_GT(dimension.weight, 0);
      sum += dimension.weight;
      int64_t parts = 0;
      for (const Criterion& criterion : dimension.criteria) {
        EXPECT_GT(criterion.weight, 0);
        parts += criterion.weight;
      }
      EXPECT_EQ(parts, kWhole) << framework->id << " " << dimension.id;
    }
    EXPECT_EQ(sum, kWhole) << framework->id;
  }
}

TEST(Frameworks, NameOnlyWhatThereIs) {
  for (const FrameworkData* framework : Frameworks()) {
    std::set<std::string> ids;
    for (const Dimension& dimension : framework->dimensions) {
      EXPECT_TRUE(ids.insert(std::string(dimension.id)).second);
      EXPECT_TRUE(dimension.series.empty() ||
                  FindMetric(dimension.series) != nullptr);
      std::set<std::string> metrics;
      for (const Criterion& criterion : dimension.criteria) {
        EXPECT_NE(FindMetric(criterion.metric), nullptr) << criterion.metric;
        // Evidence is found again by its metric.
        EXPECT_TRUE(metrics.insert(std::string(criterion.metric)).second);
        EXPECT_NE(criterion.worst, criterion.best);
        EXPECT_LE(std::min(criterion.worst, criterion.best),
                  criterion.standard);
        EXPECT_GE(std::max(criterion.worst, criterion.best),
                  criterion.standard);
        EXPECT_FALSE(criterion.function.empty());
      }
    }
    for (const Edge& edge : framework->edges) {
      EXPECT_THAT(ids, Contains(std::string(edge.from)));
      EXPECT_THAT(ids, Contains(std::string(edge.to)));
      EXPECT_NE(edge.from, edge.to);
    }
    for (const Mapping& mapping : framework->mappings) {
      EXPECT_THAT(ids, Contains(std::string(mapping.dimension)));
      const FrameworkData* other = FindFramework(mapping.other_framework);
      ASSERT_NE(other, nullptr);
      EXPECT_THAT(IdsOf(*other),
                  Contains(std::string(mapping.other_dimension)));
    }
  }
}

TEST(Frameworks, ID_01_AttributesSumToOneAndNoneIsProtected) {
  int32_t sum = 0;
  int64_t all = 0;
  int64_t bit = 1;
  const std::set<std::string> is_protected = {
      "religion", "ethnicity", "health",   "sexual_orientation",
      "gender",   "age",       "birthday", "disability"};
  for (const IdentifyingAttribute& attribute : IdentifyingAttributes()) {
    EXPECT_FALSE(is_protected.contains(std::string(attribute.field)));
    // Without it the score is lower by its weight.
    EXPECT_EQ(KnownWeight(~bit & 0xFF) + attribute.weight, kWhole);
    sum += attribute.weight;
    all |= bit;
    bit <<= 1;
  }
  EXPECT_EQ(sum, kWhole);
  EXPECT_EQ(KnownWeight(all), kWhole);
  EXPECT_EQ(KnownWeight(0), 0);
}

TEST(Frameworks, QC_06_QciHasTheEdgesOfTheTextsAndNoOther) {
  EXPECT_THAT(
      EdgesOf(kQci),
      UnorderedElementsAre("environment>experience", "experience>management",
                           "management>experience", "experience>proposition"));
}

TEST(Frameworks, QC_09_QciMeasuresPeopleAndTechnology) {
  EXPECT_THAT(IdsOf(kQci), Contains("people"));
  // Technology by the suite's own numbers.
  const Dimension& technology = Find(kQci, "technology");
  ASSERT_THAT(technology.criteria, SizeIs(1));
  EXPECT_EQ(technology.criteria[0].metric, kMetricApplied);
}

TEST(Frameworks, K_01_BothValueChainsMapOntoEachOther) {
  EXPECT_THAT(IdsOf(kStrategicValueChain, kPrimary),
              ElementsAre("portfolio", "intimacy", "network", "proposition",
                          "relationship"));
  EXPECT_THAT(IdsOf(kFunctionalValueChain, kPrimary),
              ElementsAre("marketing", "sales", "service", "analysis",
                          "collaboration"));
  std::set<std::pair<std::string, std::string>> there;
  std::set<std::pair<std::string, std::string>> back;
  std::set<std::string> mapped;
  for (const Mapping& mapping : kStrategicValueChain.mappings) {
    there.emplace(mapping.dimension, mapping.other_dimension);
    mapped.emplace(mapping.dimension);
    mapped.emplace(mapping.other_dimension);
  }
  for (const Mapping& mapping : kFunctionalValueChain.mappings) {
    back.emplace(mapping.other_dimension, mapping.dimension);
  }
  EXPECT_EQ(there, back);
  EXPECT_THAT(mapped, SizeIs(10));
}

TEST(Frameworks, K_02_TheLastProcessGoesByItsOtherNamesToo) {
  EXPECT_THAT(Find(kStrategicValueChain, "relationship").aliases,
              ElementsAre("Customer relationship management",
                          "Managing the relationship"));
}

TEST(Frameworks, K_03_SupportConditionsAreFiveAndInNoOrder) {
  EXPECT_THAT(IdsOf(kStrategicValueChain, kSupport),
              UnorderedElementsAre("leadership", "procurement", "hr", "data",
                                   "organization"));
  EXPECT_THAT(kStrategicValueChain.edges, IsEmpty());
  // The primary stage is shown before them.
  EXPECT_EQ(kStrategicValueChain.dimensions[4].part, kPrimary);
  EXPECT_EQ(kStrategicValueChain.dimensions[5].part, kSupport);
}

TEST(Frameworks, K_04_InformationFeedsAllAndPerformanceLeadsBack) {
  const std::set<std::string> edges = EdgesOf(kPayneFrow);
  for (const char* fed :
       {"strategy", "value-creation", "channel-integration", "performance"}) {
    EXPECT_THAT(edges, Contains(absl::StrCat("information>", fed)));
  }
  std::vector<std::string> feedback;
  for (const Edge& edge : kPayneFrow.edges) {
    if (edge.feedback) feedback.push_back(absl::StrCat(edge.from, edge.to));
  }
  EXPECT_THAT(feedback, ElementsAre("performancestrategy"));
}

TEST(Frameworks, K_05_OmnichannelIsTheStricterTestOfOneProcess) {
  const Dimension& channels = Find(kPayneFrow, "channel-integration");
  EXPECT_THAT(channels.aliases, ElementsAre("Omnichannel"));
  EXPECT_EQ(channels.criteria[0].metric, kMetricChannels);
}

TEST(Frameworks, K_06_TheFourthElementIsEmployeeEngagement) {
  EXPECT_THAT(Find(kPayneFrow, "employee-engagement").aliases,
              ElementsAre("Employee management"));
  EXPECT_EQ(kPayneFrow.dimensions.back().id, "employee-engagement");
}

TEST(Frameworks, K_07_ManagementIsScoredByItsThreeObjectives) {
  std::vector<std::string> metrics;
  for (const Criterion& criterion : Find(kQci, "management").criteria) {
    metrics.push_back(std::string(criterion.metric));
  }
  EXPECT_THAT(metrics, ElementsAre(kMetricAcquisition, kMetricRetention,
                                   kMetricPenetration));
}

TEST(Frameworks, K_16_IdicHasFourStages) {
  EXPECT_THAT(IdsOf(kIdic), ElementsAre("identify", "differentiate", "interact",
                                        "customize"));
}

TEST(Frameworks, K_17_ThePortfolioIsMeasuredAndNoShareIsGiven) {
  const Dimension& portfolio = Find(kStrategicValueChain, "portfolio");
  ASSERT_THAT(portfolio.criteria, SizeIs(1));
  EXPECT_EQ(portfolio.criteria[0].metric, kMetricDispersion);
}

TEST(Frameworks, PF_06_EveryProcessIsFedByTwoFunctionsAtLeast) {
  for (const FrameworkData* framework : Frameworks()) {
    for (const Dimension& dimension : framework->dimensions) {
      const std::set<absl::string_view> functions(dimension.functions.begin(),
                                                  dimension.functions.end());
      EXPECT_GE(functions.size(), 2u) << framework->id << dimension.id;
    }
  }
}

TEST(FrameworkMessages, TellAllThatTheTablesHold) {
  for (const FrameworkData* framework : Frameworks()) {
    const v1::Framework message = ToMessage(*framework);

    EXPECT_EQ(message.framework_id(), framework->id);
    EXPECT_EQ(message.version(), framework->version);
    EXPECT_EQ(message.period_days(), 365);
    ASSERT_EQ(static_cast<size_t>(message.dimensions_size()),
              framework->dimensions.size());
    EXPECT_EQ(static_cast<size_t>(message.edges_size()),
              framework->edges.size());
    EXPECT_EQ(static_cast<size_t>(message.mappings_size()),
              framework->mappings.size());
    int64_t sum = 0;
    for (const auto& dimension : message.dimensions()) {
      sum += dimension.weight_millionths();
      EXPECT_GE(dimension.functions_size(), 2);
      for (const auto& criterion : dimension.criteria()) {
        EXPECT_FALSE(criterion.description().empty());
        EXPECT_FALSE(criterion.sources().empty());
      }
    }
    EXPECT_EQ(sum, kWhole);
  }
}

}  // namespace
}  // namespace crm::analytical
