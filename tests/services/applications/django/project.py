"""The project at work: every line that comes in is what a test asks, as JSON, and every line that goes out is the answer."""

import json
import os
import sys

import django

if "mysql" in os.environ["TEST_DATABASE"]:
    import pymysql

    pymysql.install_as_MySQLdb()
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

browsers = {}


def browser(name):
    return browsers.setdefault(name, Client())


def create(username, password, rounds=None, **fields):
    user = User.objects.create_user(username, password=password, **fields)
    if rounds is not None:
        # As a release of before stored it.
        hasher = get_hasher("pbkdf2_sha256")
        user.password = hasher.encode(password, hasher.salt(), iterations=rounds)
        user.save()
    return user.pk


def set_password(username, password):
    user = User.objects.get(username=username)
    user.set_password(password)
    user.save()


def sign_in(browser_name, username, password):
    """By the form, which takes the password as it was typed."""
    answer = browser(browser_name).post("/sign-in/", {"username": username, "password": password})
    return answer.status_code == 302 and answer.url == "/"


DOES = {
    "migrate": lambda: call_command("migrate", verbosity=0),
    "create": create,
    "authenticate": lambda username, password: authenticate(username=username, password=password) is not None,
    "set_password": set_password,
    "sign_in": sign_in,
    "is_signed_in": lambda browser_name: browser(browser_name).get("/").status_code == 200,
}

for line in sys.stdin:
    question = json.loads(line)
    does = DOES[question.pop("does")]
    print(json.dumps({"answer": does(**question)}), flush=True)
