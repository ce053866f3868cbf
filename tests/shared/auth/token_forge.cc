#include "tests/shared/auth/token_forge.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/auth/base64url.h"

namespace crm::testing {
namespace {

constexpr int kP256Bytes = 32;

std::string NumberText(EVP_PKEY* key, const char* parameter, int size) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, parameter, &number);
  if (size == 0) size = BN_num_bytes(number);
  std::string bytes(static_cast<size_t>(size), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
  BN_free(number);
  return EncodeBase64Url(bytes);
}

std::string DerToRaw(absl::string_view der) {
  auto data = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair =
      d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
  std::string raw(2 * kP256Bytes, '\0');
  auto out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, kP256Bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + kP256Bytes, kP256Bytes);
  ECDSA_SIG_free(pair);
  return raw;
}

}  // namespace

ForgeKey ForgeKey::Rsa(int bits) {
  return ForgeKey(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
}

ForgeKey ForgeKey::P256() {
  return ForgeKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

ForgeKey ForgeKey::Ed25519() {
  return ForgeKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

nlohmann::json ForgeKey::Jwk(absl::string_view issuer, absl::string_view key_id,
                             absl::string_view algorithm) const {
  nlohmann::json entry = {{"iss", std::string(issuer)},
                          {"kid", std::string(key_id)},
                          {"alg", std::string(algorithm)}};
  if (EVP_PKEY_is_a(key_.get(), "RSA")) {
    entry["kty"] = "RSA";
    entry["n"] = NumberText(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0);
    entry["e"] = NumberText(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0);
  } else if (EVP_PKEY_is_a(key_.get(), "EC")) {
    entry["kty"] = "EC";
    entry["crv"] = "P-256";
    entry["x"] = NumberText(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kP256Bytes);
    entry["y"] = NumberText(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kP256Bytes);
  } else {
    std::string bytes(32, '\0');
    size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(
        key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
    entry["kty"] = "OKP";
    entry["crv"] = "Ed25519";
    entry["x"] = EncodeBase64Url(bytes);
  }
  return entry;
}

std::string ForgeKey::Sign(absl::string_view algorithm,
                           absl::string_view data) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* key_context = nullptr;
  EVP_DigestSignInit(context, &key_context,
                     algorithm == "EdDSA" ? nullptr : EVP_sha256(), nullptr,
                     key_.get());
  if (algorithm == "PS256") {
    EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
  }
  std::string signature(1024, '\0');
  size_t size = signature.size();
  EXPECT_EQ(
      EVP_DigestSign(
          context, reinterpret_cast<unsigned char*>(signature.data()), &size,
          reinterpret_cast<const unsigned char*>(data.data()), data.size()),
      1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return algorithm == "ES256" ? DerToRaw(signature) : signature;
}

std::string ForgeKey::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string SignedText(absl::string_view header, absl::string_view claims) {
  return absl::StrCat(EncodeBase64Url(header), ".", EncodeBase64Url(claims));
}

std::string Forge(const ForgeKey& key, absl::string_view algorithm,
                  absl::string_view header, absl::string_view claims) {
  const std::string text = SignedText(header, claims);
  return absl::StrCat(text, ".", EncodeBase64Url(key.Sign(algorithm, text)));
}

ScratchFile::ScratchFile()
    : path_(absl::StrCat(::testing::TempDir(), "/auth_test.", getpid(), ".",
                         reinterpret_cast<uintptr_t>(this))) {}

ScratchFile::~ScratchFile() { unlink(path_.c_str()); }

void ScratchFile::Write(absl::string_view text) const {
  const std::string draft = path_ + ".new";
  std::ofstream(draft, std::ios::binary | std::ios::trunc) << text;
  // It may be a secret.
  chmod(draft.c_str(), 0600);
  EXPECT_EQ(std::rename(draft.c_str(), path_.c_str()), 0);
}

}  // namespace crm::testing
