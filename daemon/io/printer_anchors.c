/* SPDX-License-Identifier: MIT */
/* Public keys of the authorities that sign printers' certificates. */
#include "daemon/io/printer_anchors.h"

/* clang-format off */
const char *const printer_anchors[] = {
	/* BBL CA, certificate valid to Apr 1 03:42:11 2032 GMT; SPKI sha256
	 * f0a5b73b682dbcfa12ba76cd1bbbf69c0739bd38000a77d24eb292f58d816785 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAy96Zw3cRjpOWer7oIk+H\n"
	"aTNI7vt12rcc9PVGO5m4+LZCHW8uB6HhHYmEmY3OSyZ4Cbgh8LRGwSbdQa4kXUla\n"
	"xejPQ9lGgQ8mphKNHccEmlcWYg1Vgnngj3RC6RWXRIUjU2k+Du84L3JxbHxzGv9L\n"
	"zAJLxO4tKqd5oxM2C38+tGsXA6CS5Ke5+sSlyPnCWwOCJU6BY6UpXT5gvspzqO2A\n"
	"DrF7ewGCmOhpc9AcFFc0icVPv/lRcv0K5mBjcJa0LXURB3kYtEjSt9sdfmzp3XyT\n"
	"9LKI7iKw4yrHQi8nuQkmSL6p26MMFtY0cGYEwUdvWadp8wqMSWHFPU0kKf+Cmblj\n"
	"VQIDAQAB\n"
	"-----END PUBLIC KEY-----\n",
	/* BBL CA2 RSA, certificate valid to Jun 17 01:38:08 2050 GMT; SPKI sha256
	 * 1dbde4681e34f2bc5b43667b76e99a9d31d2908f32fb28a29d359d2c7a9f7d72 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAo4550G4c42gTKzQqixwK\n"
	"T089RizIdZpyOcGA679rPaOdWsMqVwnYPP2FpMqXKkjFbedE+SpGloi2NKCuiPNV\n"
	"Rbq9PHOOZwTs7YLobOwf53FJuO6vRFpzFfX1tlc9zlFqJvZnYO9NgHpMysidocWc\n"
	"grDN/SIDywgPB5CVbYg3Vvzua9fwZx9e5KT9xd5IpTqdTrWS47jQOVKLhdQCbJFI\n"
	"lMrblOwLBAx+fHokwqh6tkI6Ktuyyjw8Dysebi1ndWjKtZ2mW47r8xZ/J+z3EZqc\n"
	"yJMY6MRtx/zb1jBFuHtkjrb5Kv1DMzSKlkaNJIbvC+Mk+hI97W+SjLSRuIdC7+oJ\n"
	"UzWaSzgu9cjXCVfmq8t4IL/35hP69PK95LgLectIrP96CYAT/aVMG19FrFW0QWEy\n"
	"fT+kzG4jkumfPbHqY2nNkEN0+tjj3h4WdzrWgQEojK/lhfcRFVkts74+aZoMpQP+\n"
	"vmL17CKmSzXk5o/eK21xgxJdzMbdztfTpibiXk0abfOpN+1VR+3NYa+bROAKNyGa\n"
	"ReEGsyW2bjcjNx515Vqzj3SVxhMSp5vfF9E4A1jE99M/l9jQDM6RzkT0lMccGAd5\n"
	"tUSdNvDlrqtQaQiKv/ZsXPgXLTWfOpvaLNEgwdMgZMuhjpkwvAZyoYfeF9kyydjD\n"
	"h7bvrX//cz/VopAUlxUtQtMCAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n",
	/* BBL CA2 ECC, certificate valid to Jun 17 01:38:35 2050 GMT; SPKI sha256
	 * fb3e35bc545f9b05fb3d0575bf1e35897b036badd124222d2cb2834c9c026420 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpKTF7wRSty4DXpGJzgCPwRh8ghLl\n"
	"xUC3qJbyEgLqTvJgbiwYAPPHK7kVbVmerkqhHOT4QeWRlTG3dOQGLA2VpQ==\n"
	"-----END PUBLIC KEY-----\n",
	/* BBL Device CA N7-V2 (P2S), certificate valid to Jun 26 08:30:54 2040 GMT; SPKI sha256
	 * 5987cbd63aec6e48d233b5153ee73e96ceb113337fb12d96346eb203f1ddf7c5 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA1q/fVvmynVm4D1Qtzktd\n"
	"Xv5SknS+v/VuCM0odWHaQ8FhliXuaFUD5sHtN6gSUDU15KdcvfeS850SPd79F/N4\n"
	"8AIWFhDqZa0nJnk2+Gv79ITkISaa8lBbpqwvDHd/k8beDQLN72pZFMWcekhCTl12\n"
	"B6vPgxxwPQtsqaFjpA0Ye+a/NkNtEPBEt0ZUlv/2H4masB/YaVf3Pfkmcsz8toGA\n"
	"YQCx99osGz9S6OJvF2WYDrhQwGXCT9Ebeqhdf2A8bTRqMXh2Eusfxs8Vwnex+HMZ\n"
	"0fGD24MKwxMvRJJ0ThwPRmEYDiR5EhoPuWdyFmZ+Cazg7AeNLo7FjTetsHNBuo61\n"
	"FSolrP+XrzRkdbJrxa2vbuyAApFK71WeK98MlUCO5b4mkMkenBDVLqSIyw5Q/aAB\n"
	"4PqDscAsixlOgE91fUlA3p0ZN3BK5BTi/oNue2v6/+krqYV5gBUcnx4ixYz5joao\n"
	"kCFrWM/Os7Fjo8iMVv/XGwH/UDa1VGV9wN5FU6TyuUYSl00SGpEt4/1jAqriqBU3\n"
	"B1dC+BhZ8huhCW19xI2kWsZDGcmEhxnoZfYmpD4AdMYoF/daUVPP3F4CSrjqLzXA\n"
	"BUHBOMZJg5KAEb92j34ZycVnQfOB4SB1hKSoHcuT3UAjmR9FE13apfwwvynoCJzo\n"
	"hW1szwKN5YzBBv/szamiQS0CAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n",
	/* BBL Device CA N6-V2 (X2D), certificate valid to Jun 26 08:29:09 2040 GMT; SPKI sha256
	 * d5d9d771a3b5a5ac0d1fcf5662fd503c9453ae8483e6dad5a11647fbe53dee82 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA1NthATzLt/4+0iPVymkP\n"
	"9vK5zHWIqBCG928Wn5tmp+aTf5KohduZeQ9n4z/fmo89SuJ0fEWQE1zCl9Bxl2Wo\n"
	"xsykKO0y/kpSwqosZW9GT49sBNAyQ4RRz/GgJMDkfIYEIyQmuMMu73JU1rtodL0V\n"
	"ESmiNd7GHHIQouZOk5rvsiS9kla/A2zbb6jCPgUmyd+yuWUkDBU93LHAg1vNuies\n"
	"i5WY0vqpf2f0cOM5LGDna7vtyfQd0T6kcydSha4iM3rA+gqoXEXChgDmjD1DBDgr\n"
	"AD6B4aZ4/WohGAvfP/Yi+342gXRTmyzS2Z0yUuxgiEwhXgaiDF1W1gfaURikgG3a\n"
	"pYTZ0fIBbGYsTtXixgve57ZCC+YT7quoYJ8q42TjDiWjK34DRg31EXE7HNim2Z2w\n"
	"XxUM8cWLEDhPzkALJwNMu3YNDQSWelw4bY3aBLT3V2aycKNelped+KQ1PFo1KS5h\n"
	"NDRHt36Zm85X8B9TqTNRFQ9I6UBmJ2iJJV2wNGD6ESng8nyWYJqW+3+uq9hEJR5n\n"
	"7RS8mFXRCUP5iiY0G9RSjE4b7NlTa+8ecP5EbgYkQCcqh35wxIOCh3xZ/GDkX0NM\n"
	"pLDZNbHT30uDFkX3fAtKcxQeYO+72U0MP6oOkVzmfSRRDKEXoStALOSoHkQ2wE92\n"
	"D3GMfBe8WRRhHH0DBIQgJEsCAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n",
	/* BBL Device CA O1C2-V2 (H2C), certificate valid to Jul 15 06:10:09 2040 GMT; SPKI sha256
	 * a3be7bacc3214dd47b1a316484d629a5b0c7e77a3df31592ceed39dc77e25987 */
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEArjEuS7nkfYUKZiq0H6l6\n"
	"VKeqvSIdTD31k2N5YPZKOWrGw8r+olSYGBhEvQZ6oiVFbHDVw8Dt6vg/Wb5yfa6W\n"
	"ssH1pDtdQlPbS4IpfMvuyeg8A4ZzWHtZXpsw294fr0ggdHg5ZRxT1GQXWFhwNROb\n"
	"b8Ur1Hv+onxtxIltgAKvrp9kQv1OLCZv9DlVrJArhRWRHiMtNbVF9dyFf9Xltk7O\n"
	"cdr59V2BtXGmPZMt2mBuWYPovbyS/ePIFl5SBVbqNuLjBkUOyFaoV2rQEQCtFfr2\n"
	"7JC/LI63rhmn4xCFI4bzQ6F2ikPBVNCu3yvpXTTPIEUva7k0bx/cZ1taRg6LqcEd\n"
	"aGNuHrzgx/BIX2Kmhjal0Tjwpz/+M/EJ44MmLm0yZtb9bS0T5+bP8z5Je/4bbC0R\n"
	"lvFGuHQ3qnr+PiYM+0tLnoZZv/seTfS6lLNk35qScL3Sc0+Pu2ir2yVwtbe+Lyio\n"
	"1HHI0ibYORqb36x2gx8zAuoTwL5bNBJMkVLYofb6VY7M+A1/ZHPwtaPxAyOn3dsw\n"
	"WfqGAJXnn00qAFiH4W2XJQaUm12GDFBA/YI2i2nVrOhpSoYu37tXjzRc7limH6vv\n"
	"3/qmAS7yBRyI4VadXSBmVXzEt3WTJvKFIeTRKCkhS24/FqXiBslre1aLm7M+bmvm\n"
	"lQdIVTlujTFfK0HSEWvkA00CAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n",
};
/* clang-format on */
const size_t printer_anchors_count = sizeof(printer_anchors) / sizeof(printer_anchors[0]);
