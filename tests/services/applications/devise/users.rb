# Devise on a table as its generator makes one: every line that comes in is what a test asks, as JSON, and every line that goes out is the answer.

require "active_record"
require "devise"
require "devise/orm/active_record"
require "json"

ActiveRecord::Base.establish_connection(ENV.fetch("TEST_DATABASE"))

Devise.setup do |config|
  # As Devise's engine makes it of the application's secret.
  keys = ActiveSupport::KeyGenerator.new("the secret of an application that lives as long as a test")
  config.token_generator = Devise::TokenGenerator.new(keys)
  config.pepper = ENV["TEST_PEPPER"]
  config.stretches = 4
end

class User < ActiveRecord::Base
  devise :database_authenticatable, :recoverable, :rememberable, :lockable
end

# The migration of `rails generate devise User`, with Lockable, and with names.
def migrate
  ActiveRecord::Schema.verbose = false
  ActiveRecord::Schema.define do
    create_table :users do |t|
      t.string :first_name
      t.string :last_name
      t.string :email, null: false, default: ""
      t.string :encrypted_password, null: false, default: ""
      t.string :reset_password_token
      t.datetime :reset_password_sent_at
      t.datetime :remember_created_at
      t.integer :failed_attempts, default: 0, null: false
      t.string :unlock_token
      t.datetime :locked_at
      t.timestamps null: false
    end
    add_index :users, :email, unique: true
    add_index :users, :reset_password_token, unique: true
    add_index :users, :unlock_token, unique: true
  end
  User.reset_column_information
end

def user(question)
  User.find(question["id"])
end

DOES = {
  "migrate" => lambda { |_| migrate && nil },
  "create" => lambda { |question| User.create!(question.slice("first_name", "last_name", "email", "password")).id },
  "signs_in" => lambda { |question|
    found = user(question)
    # In this order, and with both, by Devise's own strategy.
    found.valid_password?(question["password"]) && found.active_for_authentication?
  },
  "set_password" => lambda { |question| user(question).update!(password: question["password"]) && nil },
  # What the session holds, and whether that is still somebody.
  "session" => lambda { |question| User.serialize_into_session(user(question)) },
  "is_session" => lambda { |question| !User.serialize_from_session(*question["session"]).nil? },
  "remember" => lambda { |question|
    found = user(question)
    found.remember_me!
    User.serialize_into_cookie(found)
  },
  "is_remembered" => lambda { |question| !User.serialize_from_cookie(*question["cookie"]).nil? },
  # Devise's own link, without its mail.
  "forget" => lambda { |question| user(question).send(:set_reset_password_token) },
  "reset" => lambda { |question|
    User.reset_password_by_token(reset_password_token: question["token"], password: question["password"], password_confirmation: question["password"])
      .errors.empty?
  },
  "lock" => lambda { |question| user(question).tap { |found| found.update!(failed_attempts: 20) }.lock_access!(send_instructions: false) && nil },
}.freeze

$stdout.sync = true
$stdin.each_line do |line|
  question = JSON.parse(line)
  puts JSON.generate("answer" => DOES.fetch(question["does"]).call(question).as_json)
end
