curl "https://api.724license.com/v1/licenses/unsuspend?token=API_ANAHTARINIZ&type=cpanel&ip=203.0.113.10"
