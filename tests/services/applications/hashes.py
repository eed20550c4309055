"""Hashes by others than reset-link: every line that comes in is what a test asks, as JSON, and every line that goes out is the answer."""

import base64
import hashlib
import json
import struct
import sys

import argon2
import bcrypt


def argon2_takes(password, stored):
    try:
        return argon2.PasswordHasher().verify(stored, password)
    except argon2.exceptions.VerifyMismatchError:
        return False


def aspnet_identity_takes(password, stored):
    """Version 3 as ASP.NET Core's PasswordHasher writes it: a marker, three numbers of 32 bits in network order, salt and key."""
    marker, function, rounds, salt_length = struct.unpack(">BIII", base64.b64decode(stored, validate=True)[:13])
    salt, key = base64.b64decode(stored)[13 : 13 + salt_length], base64.b64decode(stored)[13 + salt_length :]
    # KeyDerivationPrf.HMACSHA512
    assert (marker, function, rounds, salt_length, len(key)) == (1, 2, 100_000, 16, 32), stored
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, len(key)) == key


def aspnet_identity_makes(password):
    salt = b"sixteen bytes it"
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000, 32)
    return base64.b64encode(struct.pack(">BIII", 1, 2, 100_000, len(salt)) + salt + key).decode()


DOES = {
    "argon2_takes": argon2_takes,
    "argon2_makes": lambda password: argon2.PasswordHasher().hash(password),
    "aspnet_identity_takes": aspnet_identity_takes,
    "aspnet_identity_makes": aspnet_identity_makes,
    "bcrypt_takes": lambda password, stored: bcrypt.checkpw(password.encode(), stored.encode()),
    "bcrypt_makes": lambda password, cost: bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost, b"2a")).decode(),
}

for line in sys.stdin:
    question = json.loads(line)
    does = DOES[question.pop("does")]
    print(json.dumps({"answer": does(**question)}), flush=True)
