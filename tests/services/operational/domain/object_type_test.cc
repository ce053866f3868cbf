#include "services/operational/domain/object_type.h"

#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

TEST(PrepareObject, SaysTheTypeThatTheNameSays) {
  v1::Object object;
  object.set_name("objectTypes/vehicles/objects/van");
  object.set_object_type("objectTypes/other");

  ASSERT_THAT(PrepareObject(nullptr, object, RuleContext()), IsOk());

  EXPECT_EQ(object.object_type(), "objectTypes/vehicles");
}

TEST(CheckObjectWritable, WantsATypeInUseForAllButDeletions) {
  v1::ObjectType active;
  active.set_state(v1::ObjectType::ACTIVE);
  v1::ObjectType retired;
  retired.set_state(v1::ObjectType::RETIRED);
  v1::Object live;
  v1::Object deleted;
  deleted.mutable_delete_time()->set_seconds(1);

  EXPECT_THAT(CheckObjectWritable(active, live), IsOk());
  EXPECT_THAT(CheckObjectWritable(retired, deleted), IsOk());
  EXPECT_THAT(CheckObjectWritable(retired, live),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "OBJECT_TYPE_NOT_ACTIVE"));
}

TEST(CheckObjectTypeCounts, HasRoomUpToTheLimits) {
  const auto is_full =
      StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_OBJECT_TYPES");

  EXPECT_THAT(CheckObjectTypeCounts({.all = kMaxObjectTypes - 1,
                                     .active = kMaxActiveObjectTypes - 1}),
              IsOk());
  EXPECT_THAT(CheckObjectTypeCounts({.active = kMaxActiveObjectTypes}),
              is_full);
  EXPECT_THAT(CheckObjectTypeCounts({.all = kMaxObjectTypes}), is_full);
}

}  // namespace
}  // namespace crm::operational
