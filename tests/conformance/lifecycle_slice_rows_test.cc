// The LIFECYCLE slice of a profile, as the gateway asks the analytical service
// for it.

#include "crm/internal/v1/slice.pb.h"
#include "crm/profile/v1/lifecycle_slice.pb.h"
#include "shared/base/clock.h"
#include "tests/conformance/lifecycle_calls.h"

namespace crm::testing {
namespace {

using analytical::v1::Lifecycle;
using analytical::v1::LifecycleJourney;
using internal::v1::ReadSlicesRequest;
using internal::v1::ReadSlicesResponse;
using internal::v1::SliceEnvelope;
using profile::v1::LifecycleSlice;

class LifecycleSliceRows : public LifecycleCalls {
 protected:
  absl::StatusOr<ReadSlicesResponse> Read(absl::string_view customer,
                                          absl::string_view slices,
                                          const std::string& token) {
    return service_.client().Call<ReadSlicesResponse>(
        "crm.internal.v1.SliceService.Read",
        Proto<ReadSlicesRequest>(
            absl::StrCat("customer: 'customers/", customer, "' ", slices)),
        {.token = token});
  }

  // Returns the LIFECYCLE slice alone.
  SliceEnvelope Only(absl::string_view customer, const std::string& token) {
    const auto read = Read(customer, "slices: 'LIFECYCLE'", token);
    EXPECT_THAT(read, IsOk());
    if (!read.ok() || read->slices_size() != 1) return {};
    return read->slices(0);
  }

  static LifecycleSlice ContentOf(const SliceEnvelope& envelope) {
    LifecycleSlice slice;
    EXPECT_EQ(envelope.state(), SliceEnvelope::PRESENT);
    EXPECT_TRUE(slice.ParseFromString(envelope.payload()));
    return slice;
  }
};

TEST_F(LifecycleSliceRows, E02_TheSliceIsWhereTheRunIsAtEachStep) {
  const SliceEnvelope none = Only("ada", token_);
  EXPECT_EQ(none.state(), SliceEnvelope::PRESENT);
  EXPECT_EQ(none.payload(), "");

  RunThrough("ada",
             {Lifecycle::ACTIVATED, Lifecycle::UNSTABLE, Lifecycle::LATENT},
             Lifecycle::CHURNED);
  const auto second = Start("ada");
  ASSERT_THAT(second, IsOk());
  const SliceEnvelope begun = Only("ada", token_);
  EXPECT_GT(begun.version(), none.version());
  EXPECT_EQ(ContentOf(begun).stage(), Lifecycle::VIRGIN);

  const auto active = Advance(second->name(), Lifecycle::ACTIVATED);
  ASSERT_THAT(active, IsOk());
  const SliceEnvelope moved = Only("ada", token_);

  EXPECT_GT(moved.version(), begun.version());
  EXPECT_GE(FromTimestamp(moved.as_of_time()),
            FromTimestamp(active->update_time()));
  EXPECT_THAT(
      ContentOf(moved),
      EqualsProto(absl::StrCat(
          "journey: '", active->name(),
          "' run: 2 stage: ACTIVATED entry_kind: SWITCH_BACK "
          "last_outcome: CHURNED enter_time { ",
          active->stage_history(1).enter_time().ShortDebugString(), " }")));
}

TEST_F(LifecycleSliceRows, A36_WhoSeesNoRunsIsShownNone) {
  ASSERT_THAT(Start("ada"), IsOk());
  const std::string rep =
      authority_.Token(kLifecycleTenant, "user:rep", {"sales_rep"});
  const std::string agent =
      authority_.Token(kLifecycleTenant, "user:agent", {"support_agent"});

  EXPECT_EQ(ContentOf(Only("ada", rep)).stage(), Lifecycle::VIRGIN);
  EXPECT_EQ(Only("ada", agent).payload(), "");
}

TEST_F(LifecycleSliceRows, E02_WhoSeesSomeRowsIsAnsweredAllSlicesToo) {
  const std::string agent =
      authority_.Token(kLifecycleTenant, "user:agent", {"support_agent"});

  const auto read = Read("ada", "", agent);

  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->slices_size(), 2);
  EXPECT_EQ(read->slices(0).slice(), "SCORES");
  EXPECT_EQ(read->slices(1).slice(), "LIFECYCLE");
}

}  // namespace
}  // namespace crm::testing
