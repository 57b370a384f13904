curl "https://api.724license.com/v1/balance?token=API_ANAHTARINIZ"
