"""JupyterLab: views, quizzes and explanations as ipywidgets, and the student's `work/` folder."""
