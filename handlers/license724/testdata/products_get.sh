curl "https://api.724license.com/v1/products?token=API_ANAHTARINIZ"
