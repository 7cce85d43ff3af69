#include "crypto/e2ee/root_key.hpp"

namespace livlina::crypto {

Result<RootKey::Step> RootKey::step(const DhKeyPair& ours, const DhPublic& theirs) const {
  LIVLINA_TRY(shared, dh(ours, theirs));
  const Secret<96> out =
      hkdf<96>(key_.expose(), shared.expose(), view(std::string_view("livlina/1/root")));
  return Step{RootKey(Secret<32>(out.expose().first(32))),
              ChainKey(Secret<32>(out.expose().subspan(32, 32))),
              HeaderKey(Secret<32>(out.expose().last(32)))};
}

}  // namespace livlina::crypto
