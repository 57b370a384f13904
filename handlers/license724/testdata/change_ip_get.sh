curl "https://api.724license.com/v1/licenses/change-ip?token=API_ANAHTARINIZ&type=cpanel&ip=203.0.113.10&newip=203.0.113.20"
