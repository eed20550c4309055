# Verifies hashes with Devise: reads a JSON list of [pepper, password, stored], writes a JSON list of true and false.
require 'devise'
require 'json'

Peppered = Struct.new(:pepper, :stretches)

answers = JSON.parse($stdin.read).map do |pepper, password, stored|
  Devise::Encryptor.compare(Peppered.new(pepper, 12), stored, password)
end
puts JSON.generate(answers)
