"""What mail servers write about a message of ours: delivery failures and delays, read receipts, complaints."""
