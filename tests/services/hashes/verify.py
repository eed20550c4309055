# Verifies hashes with Django, argon2-cffi, bcrypt and hashlib: reads a JSON list of [scheme, password, stored, salt, algorithm], writes a JSON list of
# true and false.
import base64
import hashlib
import json
import sys

import argon2
import bcrypt
import django
from django.conf import settings

HASHERS = "django.contrib.auth.hashers."
settings.configure(
    PASSWORD_HASHERS=[
        HASHERS + "PBKDF2PasswordHasher",
        HASHERS + "Argon2PasswordHasher",
        HASHERS + "BCryptSHA256PasswordHasher",
        HASHERS + "ScryptPasswordHasher",
    ]
)
django.setup()
from django.contrib.auth.hashers import check_password, identify_hasher


def django_verifies(password, stored):
    # A hash that Django would hash anew at the sign-in is not as its current release writes it.
    hasher = identify_hasher(stored)
    assert not hasher.must_update(stored), hasher.algorithm
    return check_password(password, stored)


def argon2_verifies(password, stored):
    try:
        return argon2.PasswordHasher().verify(stored, password)
    except argon2.exceptions.VerifyMismatchError:
        return False


def identity_verifies(password, stored):
    stored = base64.b64decode(stored)
    assert stored[:5] == b"\x01\x00\x00\x00\x02" and stored[9:13] == b"\x00\x00\x00\x10", "version 3, SHA-512, 16 bytes of salt"
    rounds, salt, key = int.from_bytes(stored[5:9], "big"), stored[13:29], stored[29:]
    return len(key) == 32 and key == hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)


def columns_verify(password, stored, salt, rounds, length):
    return stored == hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds, length).hex()


def verifies(scheme, password, stored, salt, algorithm):
    if scheme.startswith("django-"):
        return django_verifies(password, stored)
    if scheme == "argon2id":
        return argon2_verifies(password, stored)
    if scheme.startswith("bcrypt-"):
        return bcrypt.checkpw(password.encode(), stored.encode())
    if scheme == "aspnet-identity-v3":
        return identity_verifies(password, stored)
    if scheme == "discourse":
        assert algorithm == "$pbkdf2-sha256$i=600000,l=32$", algorithm
        return columns_verify(password, stored, salt.encode(), 600_000, 32)
    if scheme == "gitea":
        assert algorithm == "pbkdf2$50000$50", algorithm
        return columns_verify(password, stored, bytes.fromhex(salt), 50_000, 50)
    raise ValueError(scheme)


json.dump([verifies(*case) for case in json.load(sys.stdin)], sys.stdout)
