#include "shared/reflect/map_entries.h"

#include "crm/operational/v1/lead.pb.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using operational::v1::Lead;

MapPath PathOf(absl::string_view text) {
  return FindMapPath(*Lead::descriptor(), text);
}

TEST(FindMapPath, TakesTheKeyAfterTheNameOfTheMap) {
  EXPECT_EQ(PathOf("labels.region").key, "region");
  EXPECT_EQ(PathOf("labels.a.b").key, "a.b");
  for (const char* other :
       {"labels", "labels.", "display_name.x", "nothing.x", "source.system"}) {
    EXPECT_EQ(PathOf(other).field, nullptr) << other;
  }
}

TEST(EraseMapEntry, LeavesTheOthers) {
  Lead lead;
  (*lead.mutable_labels())["a"] = "1";
  (*lead.mutable_labels())["b"] = "2";
  (*lead.mutable_labels())["c"] = "3";

  EraseMapEntry(lead, PathOf("labels.b"));
  EraseMapEntry(lead, PathOf("labels.b"));

  ASSERT_EQ(lead.labels_size(), 2);
  EXPECT_EQ(lead.labels().at("a"), "1");
  EXPECT_EQ(lead.labels().at("c"), "3");
}

TEST(CopyMapEntry, MakesTheEntryTheSame) {
  Lead source;
  (*source.mutable_labels())["a"] = "1";
  Lead target;
  (*target.mutable_labels())["a"] = "old";
  (*target.mutable_labels())["b"] = "2";

  CopyMapEntry(source, target, PathOf("labels.a"));
  CopyMapEntry(source, target, PathOf("labels.b"));

  ASSERT_EQ(target.labels_size(), 1);
  EXPECT_EQ(target.labels().at("a"), "1");
}

}  // namespace
}  // namespace crm
