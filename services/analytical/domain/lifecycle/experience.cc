#include "services/analytical/domain/lifecycle/experience.h"

#include <iterator>

#include "shared/base/clock.h"

namespace crm::analytical {
namespace {

constexpr int64_t kNanosPerMillionth = 1000;

// Says which numbers `Lifecycle.Stage` has, as they are indexes here.
static_assert(v1::Lifecycle::STAGE_UNSPECIFIED == 0 &&
              v1::Lifecycle::VIRGIN == 1 && v1::Lifecycle::TERMINATED == 5);

}  // namespace

void LifecycleTimeline::Add(const v1::LifecycleJourney& journey) {
  int number = 0;
  for (const v1::LifecycleStep& step : journey.stage_history()) {
    steps_[{FromTimestamp(step.enter_time()), {journey.run(), number++}}] = {
        .stage = step.stage(), .journey = journey.name()};
  }
}

LifecyclePlace LifecycleTimeline::At(absl::Time time) const {
  const auto after = steps_.lower_bound({time + absl::Nanoseconds(1), {0, 0}});
  return after == steps_.begin() ? LifecyclePlace() : std::prev(after)->second;
}

v1::ExperienceAnswers ExperienceCounter::Answers::ToMessage() const {
  v1::ExperienceAnswers answers;
  answers.set_state(count == 0 ? v1::ExperienceAnswers::NO_DATA
                               : v1::ExperienceAnswers::MEASURED);
  answers.set_answer_count(count);
  if (count > 0) {
    answers.set_mean_millionths(
        static_cast<int32_t>(sum / count / kNanosPerMillionth));
  }
  return answers;
}

v1::Touchpoint ExperienceCounter::Add(const TouchpointFact& fact,
                                      const LifecyclePlace& place) {
  Stage& stage = stages_.at(static_cast<size_t>(place.stage));
  ++stage.count;
  ++stage.channels[{fact.kind, fact.channel}];
  Answers sentiment;
  Answers ease;
  if (fact.tells == AnswerTells::kSentiment) {
    sentiment = {.count = 1, .sum = fact.answer};
  }
  if (fact.tells == AnswerTells::kEase) ease = {.count = 1, .sum = fact.answer};
  const auto add = [](const Answers& more, Answers& answers) {
    answers.count += more.count;
    answers.sum += more.sum;
  };
  add(sentiment, stage.sentiment);
  add(ease, stage.ease);

  v1::Touchpoint touchpoint;
  touchpoint.set_origin(fact.origin);
  touchpoint.set_kind(fact.kind);
  touchpoint.set_channel(fact.channel);
  *touchpoint.mutable_touch_time() = ToTimestamp(fact.time);
  touchpoint.set_stage(place.stage);
  touchpoint.set_journey(place.journey);
  *touchpoint.mutable_sentiment() = sentiment.ToMessage();
  *touchpoint.mutable_ease() = ease.ToMessage();
  return touchpoint;
}

v1::ExperienceMap ExperienceCounter::Result() const {
  v1::ExperienceMap map;
  int64_t count = 0;
  for (size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    v1::ExperienceStage& shown = *map.add_stages();
    shown.set_stage(static_cast<v1::Lifecycle::Stage>(i));
    shown.set_touchpoint_count(stage.count);
    for (const auto& [key, channel_count] : stage.channels) {
      v1::ExperienceChannel& channel = *shown.add_channels();
      channel.set_kind(key.first);
      channel.set_channel(key.second);
      channel.set_touchpoint_count(channel_count);
    }
    *shown.mutable_sentiment() = stage.sentiment.ToMessage();
    *shown.mutable_ease() = stage.ease.ToMessage();
    count += stage.count;
  }
  map.set_touchpoint_count(count);
  return map;
}

}  // namespace crm::analytical
