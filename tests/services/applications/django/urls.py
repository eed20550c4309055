"""Django's own sign-in, and a page behind it."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import path


@login_required
def account(request):
    return HttpResponse(request.user.get_username())


urlpatterns = [path("sign-in/", LoginView.as_view(next_page="account"), name="sign-in"), path("", account, name="account")]
