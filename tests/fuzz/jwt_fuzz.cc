// Tokens: parsing survives anything, and no change of a signed token passes.
//
// The first byte chooses: an even one has the rest parsed and verified as it
// stands; an odd one applies the rest as changes (position, byte) to a good
// token.

#include <cstdlib>
#include <memory>
#include <string>

#include "shared/auth/key_set_file.h"
#include "shared/auth/token.h"
#include "shared/auth/token_verifier.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/shared/auth/token_forge.h"
#include "tests/shared/auth/verifier_fixture.h"

namespace crm {
namespace {

using testing::Expect;
using testing::FuzzInput;

// A verifier with one key, and a token that it accepts; made once.
struct Issuer {
  Issuer() {
    file.Write(
        nlohmann::json{{"keys", {testing::Ed25519().Jwk("idp", "ed", "EdDSA")}}}
            .dump());
    keys = KeySetFile::Open(file.path(), clock).value();
    TokenRules rules;
    rules.issuers = {"idp"};
    rules.audience = "crm";
    // Each verification is a full one.
    rules.cache_capacity = 1;
    verifier = std::make_unique<TokenVerifier>(std::move(rules), *keys, clock);
    token = testing::Forge(testing::Ed25519(), "EdDSA",
                           testing::Header().dump(), testing::Claims().dump());
    Expect(verifier->Verify(token).ok(), "the good token is refused");
  }

  testing::ScratchFile file;
  const FakeClock clock{absl::FromUnixSeconds(testing::kNow)};
  std::unique_ptr<KeySetFile> keys;
  std::unique_ptr<TokenVerifier> verifier;
  std::string token;
};

Issuer& SharedIssuer() {
  static auto& issuer = *new Issuer;
  return issuer;
}

void CheckToken(FuzzInput input) {
  Issuer& issuer = SharedIssuer();
  std::string token = issuer.token;
  if (input.Byte() % 2 == 0) {
    token = std::string(input.Rest());
  } else {
    while (!input.spent()) {
      const size_t position = (size_t{input.Byte()} << 8 | input.Byte());
      token[position % token.size()] = static_cast<char>(input.Byte());
    }
  }
  ParseToken(token).status().IgnoreError();
  const auto principal = issuer.verifier->Verify(token);
  if (principal.ok()) {
    Expect(token == issuer.token, "a token that nobody signed is accepted");
  } else {
    Expect(absl::IsUnauthenticated(principal.status()),
           "the code of a refusal");
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckToken({data, size});
  return 0;
}
