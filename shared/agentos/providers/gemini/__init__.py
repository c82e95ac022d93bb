"""Google's `generateContent` wire format (Gemini API and Vertex AI). https://ai.google.dev/api/generate-content"""
