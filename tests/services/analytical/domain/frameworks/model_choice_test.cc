#include "services/analytical/domain/frameworks/model_choice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using ::testing::SizeIs;
using Request = v1::RecommendModelsRequest;

v1::RecommendModelsResponse Recommend(const Request& request) {
  const auto response = RecommendModels(request);
  EXPECT_THAT(response, IsOk());
  return response.ok() ? *response : v1::RecommendModelsResponse();
}

TEST(RecommendModels, GX_04_PointsAreTheSumOfTheReasonsAndRankTheModels) {
  Request request;
  for (int need = Request::Need_MIN + 1; need <= Request::Need_MAX; ++need) {
    request.add_needs(static_cast<Request::Need>(need));
  }
  request.set_employee_count(5'000);
  request.set_integrated_system_count(9);
  request.set_grows(true);
  request.set_many_stakeholders(true);

  const auto response = Recommend(request);

  ASSERT_EQ(static_cast<size_t>(response.models_size()), Frameworks().size());
  int before = 1'000;
  for (const auto& model : response.models()) {
    int sum = 0;
    for (const auto& reason : model.reasons()) {
      sum += reason.points();
      EXPECT_FALSE(reason.text().empty());
    }
    EXPECT_EQ(model.points(), sum);
    EXPECT_LE(model.points(), before);
    before = model.points();
  }
}

TEST(RecommendModels, GX_04_EveryNeedSpeaksForAModel) {
  for (int need = Request::Need_MIN + 1; need <= Request::Need_MAX; ++need) {
    Request request;
    request.add_needs(static_cast<Request::Need>(need));

    EXPECT_GT(Recommend(request).models(0).points(), 0)
        << Request::Need_Name(static_cast<Request::Need>(need));
  }
}

TEST(RecommendModels, GX_04_SizeDecidesBetweenModels) {
  Request small;
  small.set_employee_count(8);
  EXPECT_EQ(Recommend(small).models(0).framework_id(), "idic");
  EXPECT_EQ(Recommend(small).models(4).framework_id(), "payne-frow");
  Request large;
  large.set_employee_count(kLargeEmployees);
  EXPECT_EQ(Recommend(large).models(0).framework_id(), "payne-frow");
  EXPECT_THAT(Recommend(large).models(0).reasons(), SizeIs(1));
}

TEST(RecommendModels, GX_04_WithoutFactsAllAreEqualAndComeById) {
  const auto response = Recommend({});

  for (int i = 1; i < response.models_size(); ++i) {
    EXPECT_EQ(response.models(i).points(), 0);
    EXPECT_LT(response.models(i - 1).framework_id(),
              response.models(i).framework_id());
  }
}

TEST(RecommendModels, RefusesNeedsThatAreNamedTwiceOrAreNone) {
  Request request;
  request.add_needs(Request::RETENTION);
  request.add_needs(Request::RETENTION);
  request.add_needs(Request::NEED_UNSPECIFIED);
  request.add_needs(static_cast<Request::Need>(99));

  EXPECT_THAT(FieldViolations(RecommendModels(request).status()), SizeIs(3));
}

}  // namespace
}  // namespace crm::analytical
