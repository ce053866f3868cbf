#include "shared/reflect/field_access.h"

#include "crm/operational/v1/lead.pb.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

TEST(ReadString, ReadsAStringField) {
  operational::v1::Lead lead;
  lead.set_company("Acme");

  EXPECT_EQ(ReadString(lead, "company"), "Acme");
}

TEST(ReadString, IsEmptyForWhatIsNoStringField) {
  operational::v1::Lead lead;
  lead.set_state(operational::v1::Lead::NEW);

  EXPECT_EQ(ReadString(lead, "state"), "");
  EXPECT_EQ(ReadString(lead, "labels"), "");
  EXPECT_EQ(ReadString(lead, "nothing"), "");
}

TEST(WriteString, WritesAStringField) {
  operational::v1::Lead lead;

  WriteString(lead, "company", "Acme");

  EXPECT_EQ(lead.company(), "Acme");
}

TEST(WriteString, LeavesWhatIsNoStringFieldAlone) {
  operational::v1::Lead lead;

  WriteString(lead, "state", "NEW");
  WriteString(lead, "nothing", "x");

  EXPECT_EQ(lead.ByteSizeLong(), 0u);
}

TEST(ReadBool, ReadsABoolField) {
  operational::v1::ListLeadsRequest request;
  request.set_show_deleted(true);

  EXPECT_TRUE(ReadBool(request, "show_deleted"));
  EXPECT_FALSE(ReadBool(request, "filter"));
  EXPECT_FALSE(ReadBool(request, "nothing"));
}

}  // namespace
}  // namespace crm
