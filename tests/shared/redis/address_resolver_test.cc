#include "shared/redis/address_resolver.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::AnyOf;

TEST(AddressResolver, ReturnsALiteralAsItIs) {
  EXPECT_EQ(AddressResolver("192.0.2.7").address(), "192.0.2.7");
  EXPECT_EQ(AddressResolver("2001:db8::1").address(), "2001:db8::1");
}

TEST(AddressResolver, ResolvesAHostName) {
  AddressResolver resolver("localhost");

  EXPECT_THAT(resolver.address(), AnyOf("127.0.0.1", "::1"));
}

TEST(AddressResolver, KeepsTheAddressWhenItIsAskedAgain) {
  AddressResolver resolver("localhost");

  resolver.Refresh();

  EXPECT_THAT(resolver.address(), AnyOf("127.0.0.1", "::1"));
}

}  // namespace
}  // namespace crm
