module example.com/stepgate-tokens

go 1.18
