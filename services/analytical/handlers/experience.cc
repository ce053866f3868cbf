#include "services/analytical/handlers/experience.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/declared/metric.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"
#include "services/analytical/handlers/asked_period.h"
#include "services/analytical/projections/experience_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr int64_t kMostSums = 1'000;

// Answers that are being summed up.
struct Answers {
  int64_t count = 0;
  absl::int128 nanos = 0;

  void Add(const AnswerSum& sum) {
    count += sum.count;
    nanos += sum.nanos;
  }
};

v1::ExperienceMean MeanOf(const Answers& answers) {
  v1::ExperienceMean mean;
  mean.set_response_count(answers.count);
  if (answers.count == 0) return mean;
  mean.set_has_mean(true);
  mean.set_mean_millionths(static_cast<int32_t>(DivideRounded(
      answers.nanos * kWhole, absl::int128(kNanosPerUnit) * answers.count)));
  return mean;
}

// `sums` are by touchpoint.
void Fill(const std::vector<AnswerSum>& sums, v1::ExperienceIndex& index) {
  Answers all;
  Answers here;
  v1::TouchpointExperience* touchpoint = nullptr;
  for (const AnswerSum& sum : sums) {
    if (touchpoint == nullptr || touchpoint->touchpoint() != sum.touchpoint) {
      touchpoint = index.add_touchpoints();
      touchpoint->set_touchpoint(sum.touchpoint);
      here = {};
    }
    all.Add(sum);
    here.Add(sum);
    *touchpoint->mutable_mean() = MeanOf(here);
    v1::ExperienceQuestion& question = *touchpoint->add_questions();
    question.set_question(sum.question);
    *question.mutable_mean() = MeanOf({sum.count, sum.nanos});
  }
  *index.mutable_overall() = MeanOf(all);
}

}  // namespace

absl::StatusOr<v1::ExperienceIndex> HandleMeasureExperience(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureExperienceRequest& request) {
  CRM_ASSIGN_OR_RETURN(MeasureQuestion question, AskedPeriod(call, request));
  question.segment = request.segment();
  std::vector<AnswerSum> sums;
  v1::ExperienceIndex index;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(sums,
                             ReadAnswers(reader, question, kMostSums + 1));
        CRM_ASSIGN_OR_RETURN(*index.mutable_freshness(),
                             ReadFreshness(reader, question.tenant, call.now));
        return absl::OkStatus();
      }));
  if (static_cast<int64_t>(sums.size()) > kMostSums) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_TOUCHPOINTS",
        absl::StrCat("There are more than ", kMostSums,
                     " touchpoints and sorts of question. Ask for a shorter "
                     "period or a segment."));
  }
  Fill(sums, index);
  return index;
}

}  // namespace crm::analytical
