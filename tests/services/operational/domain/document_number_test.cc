#include "services/operational/domain/document_number.h"

#include "gtest/gtest.h"

namespace crm::operational {
namespace {

TEST(DocumentNumber, B17_NamesItsSeries) {
  EXPECT_EQ(DocumentNumber(kInvoiceSeries, 42), "INV-000042");
  EXPECT_EQ(DocumentNumber("DE", 1'234'567), "DE-1234567");
}

}  // namespace
}  // namespace crm::operational
